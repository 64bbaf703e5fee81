from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.speaker_verify import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.metrics._base import pool
from model_lab.types import Audio

SOUND = Audio(np.zeros(16000, np.float32), 16000)


def test_truth_is_true_or_false():
    assert CAPABILITY.reference({"same": True}, None) is True
    with pytest.raises(BadManifest, match="same is 'yes'"):
        CAPABILITY.reference({"same": "yes"}, None)


@pytest.mark.parametrize("answer", [float("nan"), float("inf"), True, "0.5", None, np.array([0.5])])
def test_problems(answer):
    assert CAPABILITY.problems(answer, SOUND, SOUND) != []


@pytest.mark.parametrize("answer", [0.5, -3, np.float32(0.5)])
def test_any_finite_number_will_do(answer):
    assert CAPABILITY.problems(answer, SOUND, SOUND) == []


def test_the_truth_scores_best_null_like_a_coin_and_chance_near_it():
    trials = [index % 3 == 0 for index in range(600)]
    rng = np.random.default_rng(0)

    def score(answer):
        return CAPABILITY.primary.value(pool(CAPABILITY.primary.components(same, answer(same)) for same in trials))

    assert score(lambda same: CAPABILITY.ideal(same, SOUND, SOUND)) == CAPABILITY.primary.best
    assert score(lambda same: CAPABILITY.null(SOUND, SOUND)) == 0.5
    assert score(lambda same: CAPABILITY.chance(rng, SOUND, SOUND)) == pytest.approx(0.5, abs=0.06)

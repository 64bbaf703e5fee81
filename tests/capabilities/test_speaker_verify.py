from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.speaker_verify import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.metrics._base import pool
from model_lab.metrics.speaker import Trial
from model_lab.types import Audio

SOUND = Audio(np.zeros(16000, np.float32), 16000)


def test_truth_is_true_or_false():
    assert CAPABILITY.reference({"audio": "a.wav", "same": True}, None) == Trial(True, "a.wav")
    for told in ("yes", "target", 1, 0.0, [True]):
        with pytest.raises(BadManifest, match=r"column 'same' is .* expected true"):
            CAPABILITY.reference({"audio": "a.wav", "same": told}, None)


def test_a_trial_knows_its_group():
    row = {"audio": "a.wav", "same": False}
    assert CAPABILITY.reference(row | {"id": "a--b"}, None).group == "a--b"
    assert CAPABILITY.reference(row | {"id": "a--b", "group": "ann"}, None).group == "ann"


@pytest.mark.parametrize("answer", [float("nan"), float("inf"), True, "0.5", None, np.array([0.5])])
def test_problems(answer):
    assert CAPABILITY.problems(answer, SOUND, SOUND) != []


@pytest.mark.parametrize("answer", [0.5, -3, np.float32(0.5)])
def test_any_finite_number_will_do(answer):
    assert CAPABILITY.problems(answer, SOUND, SOUND) == []


def test_the_truth_scores_best_null_like_a_coin_and_chance_near_it():
    trials = [Trial(index % 3 == 0, f"speaker {index % 7}") for index in range(600)]
    rng = np.random.default_rng(0)

    def score(name, answer):
        metric = CAPABILITY.metric(name)
        return metric.value(pool(metric.components(trial, answer(trial)) for trial in trials))

    for name in ("eer", "hter"):
        assert score(name, lambda trial: CAPABILITY.ideal(trial, SOUND, SOUND)) == 0.0
        assert score(name, lambda trial: CAPABILITY.null(SOUND, SOUND)) == 0.5
        assert score(name, lambda trial: CAPABILITY.chance(rng, SOUND, SOUND)) == pytest.approx(0.5, abs=0.06)

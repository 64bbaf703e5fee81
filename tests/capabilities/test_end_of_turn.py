from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.end_of_turn import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.metrics._base import pool
from model_lab.types import Audio

SOUND = Audio(np.zeros(16000, np.float32), 16000)


def test_the_reference_is_true_or_false():
    assert CAPABILITY.reference({"audio": "a.wav", "ended": True}, None) is True
    for given in ("yes", 1, 0.0, None, [True]):
        with pytest.raises(BadManifest, match=r"column 'ended' is .* expected true"):
            CAPABILITY.reference({"audio": "a.wav", "ended": given}, None)


@pytest.mark.parametrize("answer", [float("nan"), float("inf"), -0.1, 1.5, True, "0.5", None, np.array([0.5])])
def test_problems(answer):
    assert CAPABILITY.problems(answer, SOUND) != []


@pytest.mark.parametrize("answer", [0.0, 0.5, 1, np.float32(0.5)])
def test_a_probability_has_no_problem(answer):
    assert CAPABILITY.problems(answer, SOUND) == []


def test_the_baselines():
    ended = [index % 3 == 0 for index in range(600)]
    rng = np.random.default_rng(0)

    def score(name, answer):
        metric = CAPABILITY.metric(name)
        return metric.value(pool(metric.components(reference, answer(reference)) for reference in ended))

    assert score("auc", lambda reference: CAPABILITY.ideal(reference, SOUND)) == 1.0
    assert score("auc", lambda reference: CAPABILITY.null(SOUND)) == 0.5
    assert score("auc", lambda reference: CAPABILITY.chance(rng, SOUND)) == pytest.approx(0.5, abs=0.06)
    assert score("cut_ins", lambda reference: CAPABILITY.ideal(reference, SOUND)) == 0.0
    assert score("cut_ins", lambda reference: CAPABILITY.null(SOUND)) == 1.0

from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.embed import CAPABILITY
from model_lab.metrics._base import pool
from model_lab.types import Audio

SOUND = Audio(np.zeros(16000, np.float32), 16000)


def truths():
    return [
        CAPABILITY.reference({"id": f"{label}{take}", "audio": "a.wav", "label": label}, None)
        for label in "abcdefgh"
        for take in range(4)
    ]


def test_the_group_is_the_recording_unless_the_row_says_otherwise():
    row = {"audio": "a.wav", "label": "dog"}
    assert CAPABILITY.reference(row, None).group == "a.wav"
    assert CAPABILITY.reference(row | {"id": "7"}, None).group == "7"
    assert CAPABILITY.reference(row | {"id": "7", "group": "kennel"}, None).group == "kennel"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (np.full(4, 0.5), "float64 array of shape (4,)"),
        (np.full((1, 4), 0.5, np.float32), "shape (1, 4)"),
        ([0.5, 0.5, 0.5, 0.5], "is a list"),
        (np.ones(4, np.float32), "the length 2.0000"),
        (np.full(4, np.nan, np.float32), "the length nan"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, SOUND)[0]


@pytest.mark.parametrize("metric", CAPABILITY.metrics, ids=lambda metric: metric.name)
def test_the_truth_scores_best_and_one_answer_for_all_the_share_of_like_sounds(metric):
    ideal = pool(metric.components(truth, CAPABILITY.ideal(truth, SOUND)) for truth in truths())
    assert metric.value(ideal) == metric.best
    null = pool(metric.components(truth, CAPABILITY.null(SOUND)) for truth in truths())
    assert metric.value(null) == pytest.approx(3 / 31)


def test_chance_finds_little():
    rng = np.random.default_rng(0)
    parts = [CAPABILITY.primary.components(truth, CAPABILITY.chance(rng, SOUND)) for truth in truths()]
    assert CAPABILITY.primary.value(pool(parts)) < 0.35

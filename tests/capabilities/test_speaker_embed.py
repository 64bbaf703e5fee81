from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.speaker_embed import CAPABILITY
from model_lab.metrics._base import pool
from model_lab.types import Audio

SOUND = Audio(np.zeros(16000, np.float32), 16000)


def truths():
    return [
        CAPABILITY.reference({"id": f"{speaker}{take}", "audio": "a.wav", "speaker": speaker}, None)
        for speaker in "abcdefgh"
        for take in range(4)
    ]


def test_a_recording_is_known_by_its_id_or_its_file():
    truth = CAPABILITY.reference({"audio": "a.wav", "speaker": "ann"}, None)
    assert (truth.speaker, truth.recording) == ("ann", "a.wav")
    assert CAPABILITY.reference({"id": "7", "audio": "a.wav", "speaker": "ann"}, None).recording == "7"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (np.full(4, 0.5), "float64 array of shape (4,)"),
        (np.full((1, 4), 0.5, np.float32), "shape (1, 4)"),
        ([0.5, 0.5, 0.5, 0.5], "is a list"),
        (np.ones(4, np.float32), "the length 2.0000"),
        (np.full(4, np.nan, np.float32), "the length nan"),
        (np.zeros(0, np.float32), "the length 0.0000"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, SOUND)[0]


@pytest.mark.parametrize("metric", CAPABILITY.metrics, ids=lambda metric: metric.name)
def test_the_truth_scores_best_and_one_answer_for_all_like_a_coin(metric):
    ideal = pool(metric.components(truth, CAPABILITY.ideal(truth, SOUND)) for truth in truths())
    assert metric.value(ideal) == metric.best
    null = pool(metric.components(truth, CAPABILITY.null(SOUND)) for truth in truths())
    assert metric.value(null) == {"eer": 0.5, "min_dcf": 1.0, "min_dcf_voxceleb": 1.0}[metric.name]


def test_chance_is_near_a_half():
    rng = np.random.default_rng(0)
    parts = [CAPABILITY.primary.components(truth, CAPABILITY.chance(rng, SOUND)) for truth in truths()]
    assert 0.35 < CAPABILITY.primary.value(pool(parts)) < 0.65

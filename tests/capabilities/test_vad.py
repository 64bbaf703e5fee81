from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.vad import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.metrics._base import pool
from model_lab.types import Audio, Segment

SOUND = Audio(np.zeros(32000, np.float32), 16000)


def test_the_truth_of_a_row_knows_how_long_the_recording_is(resolve):
    truth = CAPABILITY.reference({"audio": "a.wav", "speech": [[0.5, 1], [1.2, 1.9]]}, resolve)
    assert truth.segments == (Segment(0.5, 1.0), Segment(1.2, 1.9))
    assert truth.duration == 2.0
    assert CAPABILITY.reference({"audio": "a.wav", "speech": []}, resolve).segments == ()


def test_a_row_without_truth_is_a_missing_key(resolve):
    with pytest.raises(KeyError):
        CAPABILITY.reference({"audio": "a.wav"}, resolve)


def test_speech_that_ends_before_it_starts_is_refused(resolve):
    with pytest.raises(BadManifest, match=r"speech\[0\] is 1.0-0.5 s"):
        CAPABILITY.reference({"audio": "a.wav", "speech": [[1, 0.5]]}, resolve)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([Segment(0.5, 0.5)], "start < end"),
        ([Segment(0.5, 9.0)], "not inside"),
        ([Segment(float("nan"), 1.0)], "not inside"),
        ([Segment(1.0, 1.5), Segment(0.0, 0.5)], "follows speech"),
        ([Segment(0.0, 1.0), Segment(0.9, 1.5)], "follows speech"),
        ([(0.0, 1.0)], "holds a tuple"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, SOUND)[0]


def test_speech_in_silence_is_a_surprise():
    example = CAPABILITY.example()
    assert "1 segments" in example.surprise([Segment(0.0, 1.0)])


def test_the_truth_scores_best_and_null_and_chance_do_not(resolve):
    rows = [
        {"audio": "a.wav", "speech": [[0.5, 1]]},
        {"audio": "long.wav", "speech": [[0, 2.5]]},
        {"audio": "b.wav", "speech": []},
    ]
    truths = [CAPABILITY.reference(row, resolve) for row in rows]

    def score(answer):
        return CAPABILITY.primary.value(pool(CAPABILITY.primary.components(truth, answer(truth)) for truth in truths))

    assert score(lambda truth: CAPABILITY.ideal(truth, SOUND)) == CAPABILITY.primary.best
    assert score(lambda truth: CAPABILITY.null(SOUND)) == 1.0
    assert score(lambda truth: CAPABILITY.chance(np.random.default_rng(0), SOUND)) > 0.3

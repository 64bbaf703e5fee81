from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.tempo import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Audio, Beats

SOUND = Audio(np.zeros(160000, np.float32), 16000)


def test_tempo_is_taken_from_the_median_distance_of_beats():
    assert CAPABILITY.reference({"audio": "a.wav", "beats": [0, 0.5, 1.0, 1.9]}, None).tempo_bpm == pytest.approx(120)
    assert CAPABILITY.reference({"audio": "a.wav", "beats": [0, 0.5], "tempo_bpm": 99}, None).tempo_bpm == 99


def test_a_row_may_give_the_tempo_alone_but_not_nothing():
    given = CAPABILITY.reference({"audio": "a.wav", "tempo_bpm": 99}, None)
    assert (given.tempo_bpm, given.times.size) == (99, 0)
    with pytest.raises(KeyError):
        CAPABILITY.reference({"audio": "a.wav"}, None)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"beats": [1.0]}, "has 1 beats and no tempo_bpm"),
        ({"beats": [1.0, 0.5]}, "do not rise"),
        ({"beats": [0.5, float("nan")]}, r"beats\[1\] is nan"),
        ({"beats": ["0.5"]}, r"beats\[0\] is '0.5', text; expected a number"),
        ({"beats": [500, 1000, 1500]}, r"tempo of the beats \(.*\) is 0.12; expected 20 to 400 beats per minute"),
        ({"beats": [], "tempo_bpm": 0}, "tempo_bpm is 0; expected 20 to 400"),
        ({"tempo_bpm": 0.5}, "tempo_bpm is 0.5; expected 20 to 400"),
        ({"tempo_bpm": "120"}, "tempo_bpm is '120', text; expected a number"),
    ],
)
def test_bad_rows_are_refused(row, problem):
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference({"audio": "a.wav", **row}, None)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Beats(float("nan")), "tempo_bpm is nan"),
        (Beats(-1.0), "tempo_bpm is -1.0"),
        (Beats(100.0, [0.5]), "1-dimensional array"),
        (Beats(100.0, np.array([[0.5]], np.float32)), "1-dimensional array"),
        (Beats(100.0, np.array([0.5, np.nan], np.float32)), "1-dimensional array"),
        (Beats(100.0, np.array([0.5, 0.5], np.float32)), "do not rise"),
        (Beats(100.0, np.array([0.5, 11], np.float32)), "outside the 10.000 s"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, SOUND)[0]


def test_the_example_clicks_where_its_beats_are():
    example = CAPABILITY.example()
    (sound,) = example.inputs
    blocks = np.abs(sound.samples).reshape(-1, sound.sample_rate // 10).max(axis=1)
    np.testing.assert_allclose(np.flatnonzero(blocks > 0.3) / 10, example.reference.times, atol=1e-5)


@pytest.mark.parametrize(
    ("tempo", "surprise"), [(120.0, ""), (60.5, ""), (240.0, ""), (90.0, "estimates 90.0 bpm"), (0.0, "estimates 0.0 bpm")]
)
def test_another_tempo_is_a_surprise(tempo, surprise):
    assert surprise in CAPABILITY.example().surprise(Beats(tempo))
    assert bool(surprise) == bool(CAPABILITY.example().surprise(Beats(tempo)))


def test_the_truth_scores_best_and_null_and_chance_do_not():
    example = CAPABILITY.example()
    for metric in CAPABILITY.metrics:
        assert metric.score(example.reference, CAPABILITY.ideal(example.reference, *example.inputs)) == metric.best
        assert metric.score(example.reference, CAPABILITY.null(*example.inputs)) == 0
    right = [
        CAPABILITY.primary.score(example.reference, CAPABILITY.chance(np.random.default_rng(seed), SOUND)) for seed in range(100)
    ]
    assert 0 < np.mean(right) < 0.3

from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.pitch import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Audio, PitchTrack

SOUND = Audio(np.zeros(16000, np.float32), 16000)


def arrays(*rows):
    return PitchTrack(*(np.array(row, np.float32) for row in rows))


@pytest.mark.parametrize("text", ["time,f0\n0.0,0.0\n0.5,220.5\n", "0.0 0.0\n\n0.5 220.5\n", "0.0\t0\n0.5\t220.5"])
def test_a_contour_file_and_columns_tell_the_same(folder, resolve, text):
    (folder / "f0.csv").write_text(text)
    by_file = CAPABILITY.reference({"audio": "a.wav", "f0": "f0.csv"}, resolve)
    by_columns = CAPABILITY.reference({"audio": "a.wav", "times": [0, 0.5], "f0_hz": [0, 220.5]}, resolve)
    for track in (by_file, by_columns):
        assert track.times.tolist() == [0, 0.5]
        assert track.f0_hz.tolist() == [0, 220.5]
        assert track.voiced.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"times": [0, 1], "f0_hz": [100]}, "1 frequencies at 2 times"),
        ({"times": [], "f0_hz": []}, "0 frequencies at 0 times"),
        ({"times": [1, 0], "f0_hz": [100, 100]}, "0 s after 1 s; expected times that rise"),
        ({"times": [-1, 0], "f0_hz": [100, 100]}, r"times\[0\] is -1"),
        ({"times": [0, 1], "f0_hz": [100, -1]}, r"f0_hz\[1\] is -1"),
        ({"times": [0, 1], "f0_hz": [100, float("nan")]}, r"f0_hz\[1\] is nan"),
        ({"times": [0, 1], "f0_hz": [100, None]}, r"f0_hz\[1\] is None, null; expected a number"),
        ({"times": [0, 1], "f0_hz": [100, "110"]}, r"f0_hz\[1\] is '110', text; expected a number"),
        ({"times": [0, 1], "f0_hz": [4.8, 5.1]}, "f0_hz has 4.8; expected Hz, 20 to 10000, or 0 where unvoiced"),
        ({"times": [0, 1, 2], "f0_hz": [69, 69, 69]}, "f0_hz has whole numbers of 69 to 69, which look like MIDI keys"),
        ({"times": [0, 1, 2], "f0_hz": [60, 0, 64]}, "f0_hz has whole numbers of 60 to 64, which look like MIDI keys"),
    ],
)
def test_a_contour_that_is_none_is_refused(row, problem):
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference({"audio": "a.wav", **row}, None)


@pytest.mark.parametrize("text", ["time,f0\n0.0,voiced\n", "0.0\n0.5\n", "0.0,1\nnonsense\n"])
def test_a_file_that_is_no_contour_is_refused(folder, resolve, text):
    (folder / "f0.csv").write_text(text)
    with pytest.raises(BadManifest, match=r"f0.csv:\d: .* is not a line of a pitch contour"):
        CAPABILITY.reference({"audio": "a.wav", "f0": "f0.csv"}, resolve)


def test_a_row_without_truth_is_a_missing_key():
    with pytest.raises(KeyError):
        CAPABILITY.reference({"audio": "a.wav"}, None)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (arrays([0, 0.1], [1, 1], [1]), "three arrays of one length"),
        (PitchTrack(0.0, 1.0, 1.0), "three arrays of one length"),
        (arrays([0, 0.1], [1, np.nan], [1, 1]), "f0_hz holds NaN"),
        (arrays([0.1, 0.1], [1, 1], [1, 1]), "do not rise"),
        (arrays([0, 2.0], [1, 1], [1, 1]), "outside the 1.000 s"),
        (arrays([0, 0.1], [1, -1], [1, 1]), "falls to -1.0 Hz"),
        (arrays([0, 0.1], [1, 1], [1, 1.5]), "outside 0 to 1"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, SOUND)[0]


def test_a_wrong_pitch_and_no_pitch_are_surprises():
    example = CAPABILITY.example()
    truth = example.reference
    octave = PitchTrack(truth.times, 2 * truth.f0_hz, truth.voiced)
    assert "+1200 cents" in example.surprise(octave)
    assert "calls 0 of 100 frames" in example.surprise(CAPABILITY.null(*example.inputs))
    assert "calls 0 of 0 frames" in example.surprise(arrays([], [], []))
    assert example.surprise(PitchTrack(truth.times, truth.f0_hz * 2 ** (40 / 1200), truth.voiced)) == ""


def test_the_truth_scores_best_and_null_and_chance_do_not():
    example = CAPABILITY.example()
    assert (
        CAPABILITY.primary.score(example.reference, CAPABILITY.ideal(example.reference, *example.inputs))
        == CAPABILITY.primary.best
    )
    assert CAPABILITY.primary.score(example.reference, CAPABILITY.null(*example.inputs)) == 0
    assert CAPABILITY.primary.score(example.reference, CAPABILITY.chance(np.random.default_rng(0), *example.inputs)) < 0.3

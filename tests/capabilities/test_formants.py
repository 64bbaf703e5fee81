from __future__ import annotations

import math

import numpy as np
import pytest

from model_lab.capabilities.formants import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Audio, Formants

SOUND = Audio(np.zeros(16000, np.float32), 16000)


def answer(times, values):
    return Formants(np.array(times, np.float32), np.array(values, np.float32))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([500], "two or more rising frequencies"),
        ([500, 400], "two or more rising frequencies"),
        ([500, 500], "two or more rising frequencies"),
        ([0, 500], r"formants_hz\[0\] is 0; expected 80 to 20000 Hz"),
        ([0.5, 1.5], r"formants_hz\[0\] is 0\.5; expected 80 to 20000 Hz"),
        ([500, math.inf], r"formants_hz\[1\] is inf"),
        ([[500, 1500]], r"formants_hz\[0\] is \[500, 1500\], a list; expected a number"),
        (["500", "1500"], r"formants_hz\[0\] is '500', text; expected a number"),
        (500, "'formants_hz' is 500, a number; expected a list"),
    ],
)
def test_a_truth_that_is_no_rising_list_of_frequencies_is_refused(values, problem):
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference({"audio": "a.wav", "formants_hz": values}, None)


def test_more_formants_than_three_may_be_known():
    assert CAPABILITY.reference({"audio": "a.wav", "formants_hz": [300, 2000, 3000, 3500]}, None).tolist() == [
        300,
        2000,
        3000,
        3500,
    ]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (answer([0.0, 0.1], [[500, 1500]]), "expected (n,) and (n, k)"),
        (answer([0.1, 0.1], [[500, 1500]] * 2), "do not rise"),
        (answer([0.0, 2.0], [[500, 1500]] * 2), "outside the 1.000 s"),
        (answer([0.0], [[0, 1500]]), "not frequencies"),
        (answer([0.0], [[500, math.inf]]), "not frequencies"),
        (answer([0.0], [[1500, 500]]), "formants of a frame do not rise"),
    ],
)
def test_problems(given, problem):
    assert problem in CAPABILITY.problems(given, SOUND)[0]


def test_nan_stands_for_no_formant():
    assert CAPABILITY.problems(answer([0.0, 0.01], [[500, math.nan], [math.nan, math.nan]]), SOUND) == []


def test_a_formant_far_from_the_vowels_is_a_surprise():
    example = CAPABILITY.example()
    (vowel,) = example.inputs
    off = CAPABILITY.ideal(np.array([730, 2440, 3500], np.float32), vowel)
    assert "measures F2 of a vowel at 2440 Hz; expected 1090 Hz" in example.surprise(off)
    assert "measures F1 of a vowel at 0 Hz" in example.surprise(CAPABILITY.null(vowel))


def test_the_vowel_of_the_example_peaks_where_it_says():
    """Its spectrum between 600 and 1250 Hz is loudest at the harmonics next to F1 and F2."""
    (vowel,) = CAPABILITY.example().inputs
    spectrum = np.abs(np.fft.rfft(vowel.samples * np.hanning(vowel.frames)))
    harmonics = {hertz: spectrum[hertz // 2 - 5 : hertz // 2 + 6].max() for hertz in range(400, 1700, 100)}
    assert max(harmonics, key=harmonics.get) == 700
    assert harmonics[1100] > harmonics[1000] * 0.9 and harmonics[1100] > 2 * harmonics[1300]

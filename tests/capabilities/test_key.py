from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.key import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Audio, Label

SOUND = Audio(np.zeros(32000, np.float32), 16000)


def test_rows_name_a_key():
    assert CAPABILITY.reference({"key": "eb minor"}, None) == "eb minor"
    with pytest.raises(BadManifest, match=r"key is 'E flat minor'.*as in 'Eb minor'"):
        CAPABILITY.reference({"key": "E flat minor"}, None)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([Label("H major", 1.0)], "'H major' is not a key"),
        ([Label("C# major", 1.0), Label("Db major", 0.5)], "1 keys are listed twice"),
        ([Label("C major", 0.1), Label("D major", 0.5)], "scores are not in descending order"),
        ([Label("C major", 1.5)], "expected 0 to 1"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, SOUND)[0]


@pytest.mark.parametrize(("heard", "surprise"), [("D major", False), ("A major", False), ("B minor", False), ("Eb major", True)])
def test_a_far_key_is_a_surprise(heard, surprise):
    said = CAPABILITY.example().surprise([Label(heard, 1.0)])
    assert bool(said) == surprise and (not surprise or "finds Eb major" in said)
    assert "finds no key" in CAPABILITY.example().surprise([])


def test_the_example_holds_the_chords_it_says():
    (sound,) = CAPABILITY.example().inputs
    spectrum = np.abs(np.fft.rfft(sound.samples[: 2 * sound.sample_rate]))
    peaks = np.sort(np.argsort(-spectrum)[:4]) / 2
    np.testing.assert_allclose(peaks, [146.8, 293.7, 370.0, 440.0], atol=1)


def test_chance_is_right_now_and_then():
    scores = [CAPABILITY.primary.score("C major", CAPABILITY.chance(np.random.default_rng(seed), SOUND)) for seed in range(300)]
    assert 0.02 < np.mean(scores) < 0.18


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("Db:maj", "C# major"),
        ("C# min", "C# minor"),
        ("Am", "A minor"),
        ("AM", "A major"),
        ("B♭", "Bb major"),
        ("F#_minor", "F# minor"),
    ],
)
def test_a_key_in_another_spelling_is_refused_with_the_right_one(told, meant):
    with pytest.raises(BadManifest, match=f"key is '{told}' .did you mean '{meant}'"):
        CAPABILITY.reference({"audio": "a.wav", "key": told}, None)

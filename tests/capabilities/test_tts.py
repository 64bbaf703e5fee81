from __future__ import annotations

import numpy as np
import pytest

from model_lab.audio import write
from model_lab.capabilities import capability
from model_lab.capabilities.tts import CAPABILITY
from model_lab.types import Audio, Transcript

TEXT = "Hello world."


def sound(seconds, level=0.1):
    return Audio(np.full(int(16000 * seconds), level, np.float32), 16000)


def test_a_row_may_carry_a_human_reading(folder, resolve):
    assert CAPABILITY.reference({"text": TEXT}, resolve).reading is None
    write(folder / "stereo.wav", Audio(np.ones((2, 100), np.float32), 16000))
    prompt = CAPABILITY.reference({"text": TEXT, "language": "en", "audio": "stereo.wav"}, resolve)
    assert prompt.transcript == Transcript(TEXT, language="en")
    ideal = CAPABILITY.ideal(prompt, TEXT)
    assert CAPABILITY.problems(ideal, TEXT) == []
    assert ideal.frames == 100


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Audio(np.zeros((2, 100), np.float32), 16000), "expected mono"),
        (Audio(np.zeros(0, np.float32), 16000), "0 samples"),
        (Audio(np.full(100, np.inf, np.float32), 16000), "infinite"),
        (sound(1, 20000), "peaks at 20000"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, TEXT)[0]


def test_too_short_too_long_and_silent_are_surprises():
    example = CAPABILITY.example()
    assert example.surprise(sound(2)) == ""
    assert "takes 0.10 s" in example.surprise(sound(0.1))
    assert "takes 11.00 s" in example.surprise(sound(11))
    assert "at a level of 0.0e+00" in example.surprise(CAPABILITY.null(TEXT))


def test_chance_takes_about_as_long_as_speech():
    text = "a sentence of five words " * 4
    assert 3 < CAPABILITY.chance(np.random.default_rng(0), text).duration < 12


def test_the_primary_metric_is_what_a_recogniser_hears():
    prompt = CAPABILITY.reference({"text": TEXT}, None)
    assert CAPABILITY.primary.score(prompt, sound(1), Transcript("hello world")) == CAPABILITY.primary.best
    assert CAPABILITY.primary.score(prompt, sound(1), Transcript("hello")) == 0.5


@pytest.mark.parametrize("name", ["tts", "voice_clone"])
def test_a_synthesiser_is_given_straight_apostrophes(name):
    asked = []
    capability(name).ask(
        lambda text, *voice: asked.append((text, *voice)), "It wasn’t “there” — 「はい」", *([sound(1)] if name != "tts" else [])
    )
    assert asked[0][0] == 'It wasn\'t "there" — 「はい」'
    assert len(asked[0]) == (1 if name == "tts" else 2)

from __future__ import annotations

import numpy as np
import pytest

from model_lab.audio import write
from model_lab.capabilities.music_gen import CAPABILITY
from model_lab.errors import BadManifest, NotRunnable
from model_lab.metrics.generation import MusicPrompt
from model_lab.types import Audio

QUESTION = ("a calm piece", 2.0)


def sound(seconds, level=0.1, channels=()):
    return Audio(np.full((*channels, int(16000 * seconds)), level, np.float32), 16000)


def test_rows_say_what_the_prompt_names():
    row = {"text": "x", "seconds": 8, "tempo_bpm": 90, "key": "A minor", "instrument": "piano"}
    assert CAPABILITY.reference(row, None) == MusicPrompt(8.0, 90.0, "A minor", "piano")
    assert CAPABILITY.reference({"text": "x", "seconds": 8}, None) == MusicPrompt(8.0)


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"seconds": 0}, "column 'seconds' is 0; expected 0.1 to 3600"),
        ({"tempo_bpm": -1}, "column 'tempo_bpm' is -1; expected 20 to 400"),
        ({"tempo_bpm": float("nan")}, "column 'tempo_bpm' is nan"),
        ({"key": "C majr"}, r"did you mean 'C major'"),
        ({"instrument": "pian"}, r"did you mean 'piano'"),
    ],
)
def test_bad_rows_are_refused(columns, problem):
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference({"text": "x", "seconds": 8} | columns, None)


def test_a_recording_by_people_is_the_truth_where_there_is_one(folder, resolve):
    write(folder / "stereo.wav", sound(2, channels=(2,)))
    truth = CAPABILITY.reference({"text": "x", "seconds": 2, "audio": "stereo.wav"}, resolve)
    assert CAPABILITY.problems(CAPABILITY.ideal(truth, *QUESTION), *QUESTION) == []
    assert CAPABILITY.ideal(truth, *QUESTION).duration == 2
    with pytest.raises(NotRunnable, match="'a calm piece' has no recording"):
        CAPABILITY.ideal(MusicPrompt(2.0), *QUESTION)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (sound(1, channels=(3,)), "3 channels; expected one or two"),
        (sound(0), "0 samples"),
        (sound(1, np.inf), "infinite"),
        (sound(1, 20000), "peaks at 20000"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, *QUESTION)[0]
    assert CAPABILITY.problems(sound(1, channels=(2,)), *QUESTION) == []


def test_too_short_too_long_and_silent_are_surprises():
    example = CAPABILITY.example()
    assert example.surprise(sound(4)) == ""
    assert "makes 1.00 s" in example.surprise(sound(1))
    assert "makes 9.00 s" in example.surprise(sound(9))
    assert "at a level of 0.0e+00" in example.surprise(CAPABILITY.null(*example.inputs))


@pytest.mark.parametrize("seconds", [0.01, 1.0, 3.3])
def test_null_and_chance_last_as_long_as_asked(seconds):
    error = CAPABILITY.metric("duration_error")
    for answer in (CAPABILITY.null("x", seconds), CAPABILITY.chance(np.random.default_rng(0), "x", seconds)):
        assert error.score(MusicPrompt(seconds), answer) < 1e-4

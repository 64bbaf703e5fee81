from __future__ import annotations

import numpy as np
import pytest

from model_lab.audio import write
from model_lab.capabilities.voice_clone import CAPABILITY
from model_lab.errors import NotRunnable
from model_lab.types import Audio, Transcript

TEXT = "Hello world."
VOICE = Audio(np.full(16000, 0.1, np.float32), 16000)


def test_a_row_names_a_voice_and_may_name_its_speaker_saying_it(resolve, folder):
    prompt = CAPABILITY.reference({"text": TEXT, "voice": "a.wav"}, resolve)
    assert prompt.transcript == Transcript(TEXT, language="en")
    assert prompt.reading is None and prompt.voice.duration == 2
    with pytest.raises(NotRunnable, match="no human reading"):
        CAPABILITY.ideal(prompt, TEXT, VOICE)
    write(folder / "stereo.wav", Audio(np.ones((2, 100), np.float32), 16000))
    prompt = CAPABILITY.reference({"text": TEXT, "voice": "a.wav", "audio": "stereo.wav"}, resolve)
    ideal = CAPABILITY.ideal(prompt, TEXT, VOICE)
    assert CAPABILITY.problems(ideal, TEXT, VOICE) == [] and ideal.frames == 100


@pytest.mark.parametrize("missing", ["text", "voice"])
def test_a_row_without_text_or_voice_has_no_truth(resolve, missing):
    row = {"text": TEXT, "voice": "a.wav"}
    del row[missing]
    with pytest.raises(KeyError, match=missing):
        CAPABILITY.reference(row, resolve)


def test_what_the_judges_are_asked_about_is_the_reference_voice_and_the_answer(resolve):
    prompt = CAPABILITY.reference({"text": TEXT, "voice": "a.wav"}, resolve)
    asked = {metric.name: metric.judge.inputs(prompt, VOICE) for metric in CAPABILITY.metrics}
    assert asked["similarity"] == asked["second_similarity"] == (prompt.voice, VOICE)
    assert asked["round_trip_wer"] == (VOICE,) and asked["mos"] == (VOICE, None)


def test_problems_and_surprises_are_those_of_synthesis():
    assert "expected mono" in CAPABILITY.problems(Audio(np.zeros((2, 9), np.float32), 16000), TEXT, VOICE)[0]
    example = CAPABILITY.example()
    assert "at a level of" in example.surprise(CAPABILITY.null(*example.inputs))
    assert example.surprise(Audio(np.full(32000, 0.1, np.float32), 16000)) == ""

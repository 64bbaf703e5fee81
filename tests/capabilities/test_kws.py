from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.kws import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Audio, Detection, Segment

SOUND = Audio(np.zeros(32000, np.float32), 16000)
KEYWORDS = {"alexa": [SOUND], "okay nabu": []}
ROW = {"audio": "a.wav", "keywords": {"alexa": ["b.wav"], "okay nabu": []}, "spoken": [["alexa", 0.5, 1.2]]}


def test_reference(resolve):
    truth = CAPABILITY.reference(ROW, resolve)
    assert truth.spoken == (Segment(0.5, 1.2, "alexa"),) and truth.duration == 2.0
    assert CAPABILITY.reference(ROW | {"spoken": []}, resolve).spoken == ()


@pytest.mark.parametrize(
    ("spoken", "problem"),
    [([["alexia", 0.5, 1.2]], "did you mean 'alexa'"), ([["alexa", 1.2, 0.5]], "expected 0 <= start < end")],
)
def test_malformed_truth_is_refused(resolve, spoken, problem):
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference(ROW | {"spoken": spoken}, resolve)


@pytest.mark.parametrize("keywords", [{}, ["alexa"], {"alexa": "b.wav"}, {"": []}, {"alexa": [], "Alexa": []}])
def test_keywords_of_another_form_are_refused(resolve, keywords):
    with pytest.raises(BadManifest, match=r"keyword.*; expected"):
        CAPABILITY.reference(ROW | {"keywords": keywords, "spoken": []}, resolve)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([Detection("jarvis", 0, 1, 1.0)], "not one of the keywords"),
        ([Detection("alexa", 0, 1, float("nan"))], "finite"),
        ([Detection("alexa", 1, 1, 1.0)], "start < end"),
        ([Detection("alexa", 1, 5, 1.0)], "inside 0-2.000"),
        ([Segment(0, 1, "alexa")], "expected Detection"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, SOUND, KEYWORDS)[0]


def test_scores_have_the_models_own_scale():
    assert CAPABILITY.problems([Detection("alexa", 0.5, 1.0, -17.8, accepted=False)], SOUND, KEYWORDS) == []


def test_a_keyword_in_digital_silence_is_a_surprise():
    surprise = CAPABILITY.example().surprise
    assert "at 0.20 s, in digital silence" in surprise([Detection("alexa", 0.2, 0.6, 0.9)])
    assert surprise([Detection("alexa", 0.2, 0.6, 0.1, accepted=False)]) == ""
    assert surprise([Detection("alexa", 1.4, 2.3, 0.9)]) == ""

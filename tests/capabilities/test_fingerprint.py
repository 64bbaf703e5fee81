from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.fingerprint import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Audio, Label

SOUND = Audio(np.zeros(16000, np.float32), 16000)
LIBRARY = {"one": SOUND, "two": SOUND}
ROW = {"audio": "a.wav", "library": {"one": "a.wav", "two": "b.wav"}, "match": "two", "degradation": "clean"}


def test_reference():
    assert CAPABILITY.reference(ROW, None).match == "two"
    assert CAPABILITY.reference(ROW | {"match": ""}, None).match == ""
    with pytest.raises(BadManifest, match="did you mean 'two'"):
        CAPABILITY.reference(ROW | {"match": "twoo"}, None)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([Label("one", 0.5)], "names 1 entries; expected each of the library's 2"),
        ([Label("one", 0.5), Label("one", 0.4)], "each of the library's 2"),
        ([Label("one", 0.1), Label("two", 0.4)], "not in descending order"),
        ([Label("one", 1.1), Label("two", 0.4)], "expected 0 to 1"),
        ([("one", 0.4)], "holds a tuple"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, SOUND, LIBRARY)[0]


def test_the_wrong_melody_is_a_surprise():
    surprise = CAPABILITY.example().surprise
    assert "second melody as first" in surprise([Label("first", 0.5), Label("second", 0.4), Label("third", 0.1)])
    assert surprise([Label("second", 0.5), Label("first", 0.4), Label("third", 0.1)]) == ""


def test_nothing_is_found_by_doing_nothing():
    truth = CAPABILITY.reference(ROW, None)
    assert CAPABILITY.primary.score(truth, CAPABILITY.null(SOUND, LIBRARY)) == 0
    assert CAPABILITY.primary.score(truth, CAPABILITY.ideal(truth, SOUND, LIBRARY)) == 1

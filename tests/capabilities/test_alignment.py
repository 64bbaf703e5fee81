from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.alignment import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Audio, Word

SOUND = Audio(np.zeros(32000, np.float32), 16000)
ROW = {"audio": "a.wav", "text": "Hello - big world!", "words": [["hello", 0.1, 0.5], ["big", 0.6, 0.9], ["world", 0.9, 1.9]]}


def test_the_truth_of_a_row(resolve):
    truth = CAPABILITY.reference(ROW, resolve)
    assert truth.words == (Word("hello", 0.1, 0.5), Word("big", 0.6, 0.9), Word("world", 0.9, 1.9))
    assert truth.duration == 2.0
    assert [word.text for word in CAPABILITY.ideal(truth, SOUND, ROW["text"])] == ["Hello", "big", "world!"]


def test_a_row_without_truth_is_a_missing_key(resolve):
    with pytest.raises(KeyError):
        CAPABILITY.reference({"audio": "a.wav", "text": "hello"}, resolve)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"words": [["hello", 0.5, 0.5]]}, "0 <= start < end"),
        ({"words": [["hello", 0.1, 5.0]]}, "0 <= start < end <= 2.000"),
        ({"words": [["-", 0.1, 0.5]]}, "expected a word"),
        ({"text": "hello world"}, "expected the words of the text"),
        ({"text": "a b", "words": [["a", 0.5, 0.9], ["b", 0.1, 0.4]]}, "'b' at 0.1 s after 'a' at 0.5 s; expected rising times"),
    ],
)
def test_a_truth_that_is_none_is_refused(resolve, change, problem):
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference(ROW | change, resolve)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([Word("hello", 0.1, 9.0)], "not inside"),
        ([Word("hello", 0.5, 0.1)], "not inside"),
        ([Word("hello", float("nan"), 0.1)], "not inside"),
        ([Word("hello", 0.5, 0.6), Word("world", 0.4, 0.6)], "expected rising"),
        ([Word("moon", 0.1, 0.2)], "not in the text"),
        ([Word("world", 0.1, 0.2), Word("hello", 0.3, 0.4)], "not in its order"),
        ([Word("hello", 0.1, 0.2), Word("hello", 0.3, 0.4)], "not in its order"),
        ([("hello", 0.1, 0.2)], "holds a tuple"),
    ],
)
def test_problems(answer, problem):
    assert problem in CAPABILITY.problems(answer, SOUND, "hello big world")[0]


def test_words_may_be_left_out():
    assert CAPABILITY.problems([Word("hello", 0.1, 0.2), Word("world", 0.3, 0.3)], SOUND, "hello big world") == []


def test_the_truth_scores_best_and_null_and_chance_do_not(resolve):
    truth = CAPABILITY.reference(ROW, resolve)
    text = "Hello big world!"
    assert CAPABILITY.primary.score(truth, CAPABILITY.ideal(truth, SOUND, text)) == CAPABILITY.primary.best
    assert CAPABILITY.primary.score(truth, CAPABILITY.null(SOUND, text)) == 0.0
    chance = [CAPABILITY.chance(np.random.default_rng(seed), SOUND, text) for seed in range(20)]
    assert np.mean([CAPABILITY.primary.score(truth, answer) for answer in chance]) < 0.4

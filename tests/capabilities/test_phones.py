from __future__ import annotations

import numpy as np
import pytest

from model_lab.capabilities.phones import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.types import Audio, Transcript

SOUND = Audio(np.zeros(16000, np.float32), 16000)


def test_the_truth_of_a_row_is_its_phones():
    assert CAPABILITY.reference({"audio": "a.wav", "phones": "h ə l oʊ"}, None) == Transcript("h ə l oʊ")
    with pytest.raises(KeyError):
        CAPABILITY.reference({"audio": "a.wav"}, None)


@pytest.mark.parametrize("phones", ["HH AH0 L", "h @ l", "h ə1", "ˈ"])
def test_phones_in_another_alphabet_are_refused(phones):
    with pytest.raises(BadManifest, match="phones in IPA"):
        CAPABILITY.reference({"audio": "a.wav", "phones": phones}, None)
    assert "is not IPA" in CAPABILITY.problems(Transcript(phones), SOUND)[0]


@pytest.mark.parametrize(
    ("phones", "problem"), [("hh ah l ow", "'hh', which looks like ARPAbet"), ("həloʊ", "'həloʊ' as one phone")]
)
def test_phones_that_only_look_like_ipa_are_no_truth(phones, problem):
    with pytest.raises(BadManifest, match=problem):
        CAPABILITY.reference({"audio": "a.wav", "phones": phones}, None)


@pytest.mark.parametrize("phones", ["", "h ə l oʊ", "t͡ʃ ɝ ŋ θ", "ˈiː tʰ"])
def test_ipa_is_no_problem(phones):
    assert CAPABILITY.problems(Transcript(phones), SOUND) == []


def test_phones_in_silence_are_a_surprise():
    example = CAPABILITY.example()
    assert "finds 4 phones" in example.surprise(Transcript("h ə l oʊ"))
    assert example.surprise(Transcript("h ə")) == ""


def test_the_truth_scores_best_and_null_and_chance_do_not():
    truth = Transcript("ð ə k æ t s æ t")
    assert CAPABILITY.primary.score(truth, CAPABILITY.ideal(truth, SOUND)) == CAPABILITY.primary.best
    assert CAPABILITY.primary.score(truth, CAPABILITY.null(SOUND)) == 1.0
    assert CAPABILITY.primary.score(truth, CAPABILITY.chance(np.random.default_rng(0), SOUND)) > 0.5

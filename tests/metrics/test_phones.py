from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.metrics import phones
from model_lab.metrics._base import pool
from model_lab.types import Transcript

texts = st.lists(st.sampled_from(["ə", "ʌ", "n", "t", "tʃ", "aɪ", "ɝ", "s"]), max_size=8).map(" ".join)


def distance(truth, answer):
    """Levenshtein, by its recursive definition."""
    if not truth or not answer:
        return len(truth) + len(answer)
    if truth[0] == answer[0]:
        return distance(truth[1:], answer[1:])
    return 1 + min(distance(truth[1:], answer), distance(truth, answer[1:]), distance(truth[1:], answer[1:]))


@given(texts.filter(lambda text: len(text.split()) < 6), texts.filter(lambda text: len(text.split()) < 6))
def test_edits_are_the_levenshtein_distance_of_phones(truth, answer):
    for folded in (True, False):
        counted = phones.phone_components(Transcript(truth), Transcript(answer), folded)
        wanted, given_ = (phones.fold(text.split()) if folded else text.split() for text in (truth, answer))
        assert counted["substitutions"] + counted["deletions"] + counted["insertions"] == distance(wanted, given_)
        assert counted["phones"] == len(truth.split())


@given(texts.filter(bool), texts)
def test_folding_never_adds_errors(truth, answer):
    assert phones.PER.score(Transcript(truth), Transcript(answer)) <= phones.PER_NARROW.score(
        Transcript(truth), Transcript(answer)
    )


@given(texts.filter(bool))
def test_the_truth_scores_best_and_nothing_scores_one(truth):
    for metric in (phones.PER, phones.PER_NARROW):
        assert metric.score(Transcript(truth), Transcript(truth)) == 0
        assert metric.score(Transcript(truth), Transcript("")) == 1


@given(texts)
def test_normalising_again_changes_nothing(text):
    once = phones.normalise(text)
    assert phones.normalise(" ".join(once)) == once == text.split()
    assert phones.fold(phones.fold(once)) == phones.fold(once)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("ˈh ə ˌl oʊ", "h ə l oʊ"),
        ("iː t̪ n̩", "i t n"),
        ("t͡ʃ ʧ d͡ʒ ʤ", "tʃ tʃ dʒ dʒ"),
        ("g r ɫ", "ɡ ɹ l"),
        ("õ ẽ", "o e"),
        ("̪ ˈ", ""),
        ("", ""),
    ],
)
def test_marks_are_dropped_and_letters_made_one(written, plain):
    assert " ".join(phones.normalise(written)) == plain


def test_insertions_where_nothing_was_said_count_in_the_pool():
    silent = phones.phone_components(Transcript(""), Transcript("ə n"))
    assert math.isnan(phones.PER.value(silent))
    spoken = phones.phone_components(Transcript("t ɛ n t"), Transcript("t ɛ n t"))
    assert phones.PER.value(pool([silent, spoken])) == 0.5
    assert phones.INSERTED.value(pool([silent, spoken])) == 0.5
    assert phones.DELETED.value(pool([silent, spoken])) == phones.SUBSTITUTED.value(pool([silent, spoken])) == 0

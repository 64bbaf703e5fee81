from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from model_lab.metrics import fingerprints
from model_lab.metrics._base import pool
from model_lab.types import Label

SCORES = st.integers(0, 5).map(lambda value: value / 5)


@st.composite
def queries(draw):
    """An excerpt of a, b, or neither, and scores of a, b and c."""
    match = draw(st.sampled_from(["a", "b", ""]))
    scores = {name: draw(SCORES) for name in "abc"}
    return match, scores


def counted(query):
    match, scores = query
    answer = sorted((Label(name, score) for name, score in scores.items()), key=lambda label: -label.score)
    return fingerprints.match_components(fingerprints.MatchTruth(match), answer)


@given(st.lists(queries(), min_size=1, max_size=12))
def test_recall_agrees_with_counting(asked):
    inside = [(match, scores) for match, scores in asked if match]
    claims = [
        next(iter(best)) if len(best := [n for n, s in scores.items() if s == max(scores.values()) > 0]) == 1 else "?"
        for _, scores in inside
    ]
    value = fingerprints.recall_at_1(pool(map(counted, asked)))
    assert math.isnan(value) if not inside else value == pytest.approx(accuracy_score([match for match, _ in inside], claims))


@given(st.lists(queries(), min_size=1, max_size=12))
def test_recall_without_false_match_agrees_with_trying_every_threshold(asked):
    pooled = pool(map(counted, asked))
    inside, outside = ([one for one in asked if bool(one[0]) is known] for known in (True, False))
    value = fingerprints.recall_without_false_match(pooled)
    if not inside or not outside:
        assert math.isnan(value)
        return
    best = 0.0
    for threshold in (0.1, 0.3, 0.5, 0.7, 0.9, 1.1):
        if not any(max(scores.values()) > threshold for _, scores in outside):
            hits = [s[m] > threshold and all(s[m] > other for name, other in s.items() if name != m) for m, s in inside]
            best = max(best, sum(hits) / len(inside))
    assert value == pytest.approx(best)
    assert value <= fingerprints.recall_at_1(pooled)


def test_rejection_tells_strangers_from_the_known():
    perfect = {"known": [True, True, False], "first": [True, False, False], "top": [0.9, 0.8, 0.1]}
    assert fingerprints.rejection_eer(perfect) == 0
    assert fingerprints.rejection_eer(perfect | {"top": [0.1, 0.2, 0.9]}) == 1
    assert math.isnan(fingerprints.rejection_eer({"known": [True], "first": [True], "top": [0.5]}))


def test_empty_cases():
    stranger = fingerprints.match_components(fingerprints.MatchTruth(""), [])
    assert stranger == {"known": [False], "first": [False], "top": [0.0]}
    assert math.isnan(fingerprints.recall_at_1(stranger))
    silent = fingerprints.match_components(fingerprints.MatchTruth("a"), [Label("a", 0.0)])
    assert fingerprints.recall_at_1(silent) == 0.0

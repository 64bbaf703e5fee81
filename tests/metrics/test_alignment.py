from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.metrics import alignment
from model_lab.metrics._base import pool
from model_lab.types import Word

METRICS = [value for value in vars(alignment).values() if isinstance(value, alignment.Metric)]
SHARES = [metric for metric in METRICS if metric.unit == "ratio"]


@st.composite
def timed(draw):
    """Different words, each after the one before."""
    edges = sorted(draw(st.lists(st.integers(0, 9000), min_size=2, max_size=12, unique=True)))
    spans = list(pairwise(edges))
    return alignment.WordTimes(tuple(Word(f"w{n}", start / 1000, end / 1000) for n, (start, end) in enumerate(spans)), 10.0)


@given(timed())
def test_the_truth_scores_best_and_nothing_scores_worst(truth):
    for metric in METRICS:
        assert metric.score(truth, list(truth.words)) == metric.best
    for metric in SHARES:
        assert metric.score(truth, []) == 0
    assert alignment.MEDIAN_ERROR.score(truth, []) == alignment.MEAN_ERROR.score(truth, []) == 10_000


@given(timed(), st.integers(0, 300))
def test_errors_are_those_of_a_shift(truth, milliseconds):
    shift = milliseconds / 1000
    moved = [Word(word.text, word.start + shift, word.end + shift) for word in truth.words]
    for metric, tolerance in ((alignment.WITHIN_25_MS, 25), (alignment.WITHIN_50_MS, 50), (alignment.WITHIN_100_MS, 100)):
        assert metric.score(truth, moved) == (milliseconds <= tolerance)
    for metric in (alignment.MEDIAN_ERROR, alignment.MEAN_ERROR):
        assert metric.score(truth, moved) == pytest.approx(milliseconds, abs=1e-6)


@given(timed(), st.randoms(use_true_random=False))
def test_counts_agree_with_arrays(truth, random):
    """An independent count with NumPy, words paired by their names."""

    def shift():
        return (random.randint(-100, 100) + 0.5) / 1000

    kept = [word for word in truth.words if random.random() < 0.7]
    answer = [Word(word.text, word.start + shift(), word.end + shift()) for word in kept]
    known = {word.text: (word.start, word.end) for word in answer}
    nowhere = (np.inf, np.inf)
    errors = np.abs([np.subtract(known.get(word.text, nowhere), (word.start, word.end)) for word in truth.words])
    assert alignment.WITHIN_50_MS.score(truth, answer) == pytest.approx(np.mean(errors <= 0.05))
    assert alignment.ONSETS_WITHIN_50_MS.score(truth, answer) == pytest.approx(np.mean(errors[:, 0] <= 0.05))
    charged = np.where(np.isinf(errors), 10.0, errors)
    assert alignment.MEAN_ERROR.score(truth, answer) == pytest.approx(1000 * charged.mean())
    assert alignment.MEDIAN_ERROR.score(truth, answer) == pytest.approx(1000 * np.median(charged))


def test_words_are_paired_in_order_by_spelling():
    truth = alignment.WordTimes((Word("no", 0.0, 0.5), Word("Yes,", 1.0, 1.5), Word("no", 2.0, 2.5)), 3.0)
    errors = alignment.boundary_errors(truth, [Word("-", 0.5, 0.6), Word("yes", 1.25, 1.5), Word("No!", 2.0, 2.5)])
    assert errors == [None, (0.25, 0.0), (0.0, 0.0)]


def test_recordings_pool_by_their_boundaries():
    short = alignment.WordTimes((Word("a", 0.0, 0.5),), 1.0)
    long = alignment.WordTimes((Word("b", 0.0, 1.0), Word("c", 1.0, 2.0), Word("d", 2.0, 3.0)), 4.0)
    parts = [alignment.WITHIN_50_MS.components(short, []), alignment.WITHIN_50_MS.components(long, list(long.words))]
    assert alignment.WITHIN_50_MS.value(pool(parts)) == 6 / 8


def test_no_words_is_no_score():
    nothing = alignment.WordTimes((), 1.0)
    assert all(math.isnan(metric.score(nothing, [])) for metric in METRICS)


def test_words_are_spelt_with_their_marks_and_any_apostrophe():
    assert alignment.spelled(["दिन", "दीन", "Don’t", "İstanbul", "cafe\u0301", "—"]) == [
        "दिन",
        "दीन",
        "don't",
        "istanbul",
        "café",
    ]

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from model_lab.metrics import notes
from model_lab.metrics._base import pool
from model_lab.types import Note

# on a grid that no tolerance falls on, so that rounding decides nothing
played = st.lists(
    st.builds(
        lambda onset, length, key: Note(onset / 64, (onset + length + 0.3) / 64, 440 * 2 ** (key / 54)),
        st.integers(0, 40),
        st.integers(1, 40),
        st.integers(0, 8),
    ),
    max_size=12,
)
METRICS = (notes.NOTE_F1, notes.NOTE_F1_OFFSETS, notes.NOTE_PRECISION, notes.NOTE_RECALL)


def by_hand(truth: list[Note], answer: list[Note], offsets: bool) -> int:
    """The most pairs that agree, by assignment: an independent implementation of the matching."""

    def agree(one: Note, other: Note) -> bool:
        near = abs(one.onset - other.onset) <= 0.05 and abs(1200 * math.log2(other.pitch_hz / one.pitch_hz)) <= 50
        return near and (not offsets or abs(one.offset - other.offset) <= max(0.05, 0.2 * (one.offset - one.onset)))

    if not truth or not answer:
        return 0
    pairs = np.array([[float(agree(one, other)) for other in answer] for one in truth])
    return int(pairs[linear_sum_assignment(-pairs)].sum())


@given(played, played)
def test_as_many_notes_are_matched_as_can_be(truth, answer):
    for components, offsets in ((notes.onset_components, False), (notes.offset_components, True)):
        found = components(truth, answer)
        assert found == {"matched": by_hand(truth, answer, offsets), "reference": len(truth), "hypothesis": len(answer)}


@given(played, played, played, played)
def test_notes_pool_by_adding_up(first, second, first_answer, second_answer):
    parts = [notes.onset_components(truth, answer) for truth, answer in ((first, first_answer), (second, second_answer))]
    pooled = pool(parts)
    for metric in METRICS:
        value = metric.value(pooled)
        assert math.isnan(value) or metric.worst <= value <= metric.best
    if pooled["matched"]:
        precision, recall = notes.NOTE_PRECISION.value(pooled), notes.NOTE_RECALL.value(pooled)
        assert notes.NOTE_F1.value(pooled) == pytest.approx(2 * precision * recall / (precision + recall))


@given(played.filter(len))
def test_the_truth_scores_best(truth):
    assert [metric.score(truth, truth) for metric in METRICS] == [1.0] * 4


def test_one_note_is_found_once():
    truth = [Note(1.0, 2.0, 440.0)]
    assert notes.NOTE_F1.score(truth, truth * 3) == 0.5
    assert notes.NOTE_PRECISION.score(truth, truth * 3) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("answer", "matched", "with_offset"),
    [
        (Note(1.049, 2.0, 440.0), 1, 1),
        (Note(1.051, 2.0, 440.0), 0, 0),
        (Note(1.0, 2.0, 440.0 * 2 ** (49 / 1200)), 1, 1),
        (Note(1.0, 2.0, 440.0 * 2 ** (51 / 1200)), 0, 0),
        (Note(1.0, 2.0, 880.0), 0, 0),
        (Note(1.0, 1.81, 440.0), 1, 1),
        (Note(1.0, 1.79, 440.0), 1, 0),
    ],
)
def test_tolerances(answer, matched, with_offset):
    truth = [Note(1.0, 2.0, 440.0)]
    assert notes.onset_components(truth, [answer])["matched"] == matched
    assert notes.offset_components(truth, [answer])["matched"] == with_offset


def test_empty_cases():
    some = [Note(0.0, 1.0, 440.0)]
    assert notes.NOTE_F1.score(some, []) == 0 and notes.NOTE_F1.score([], some) == 0
    assert math.isnan(notes.NOTE_F1.score([], []))
    assert math.isnan(notes.NOTE_PRECISION.score(some, [])) and math.isnan(notes.NOTE_RECALL.score([], some))

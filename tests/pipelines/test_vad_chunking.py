"""Pieces for a recogniser hold all speech once, are no longer than allowed, and are cut in pauses."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from model_lab.pipelines.vad_chunking import pack
from model_lab.types import Segment
from tests.pipelines.test_chunks import spans


def _middle(start: float, end: float) -> float:
    return (start + end) / 2


@given(spans(600), st.floats(2, 40))
def test_all_speech_is_heard_once(truth: list[tuple[float, float]], longest: float) -> None:
    pieces = pack([Segment(*span) for span in truth], longest, 600.0, _middle)
    assert all(0 <= piece.start < piece.end <= 600 and piece.end - piece.start <= longest + 0.002 for piece in pieces)
    assert all(before.end <= after.start for before, after in pairwise(pieces))
    said = [part for piece in pieces for part in piece.speech]
    assert all(piece.start <= piece.speech[0].start and piece.speech[-1].end <= piece.end for piece in pieces)
    cut = {(a.end, b.start) for a, b in pairwise(said) if a.end == b.start}
    starts = [part.start for part in said if part.start not in {start for _, start in cut}]
    ends = [part.end for part in said if part.end not in {end for end, _ in cut}]
    assert list(zip(starts, ends, strict=True)) == truth


def test_long_speech_is_cut_where_it_is_quiet_and_long_pauses_end_a_piece() -> None:
    asked: list[tuple[float, float]] = []

    def quietest(start: float, end: float) -> float:
        asked.append((start, end))
        return 9.0

    pieces = pack([Segment(0.0, 15.0), Segment(20.0, 21.0), Segment(22.0, 23.0)], 10.4, 30.0, quietest)
    assert asked == [(7.5, 10.0)]
    assert [(piece.start, piece.end) for piece in pieces] == [(0.0, 9.0), (9.0, 15.2), (19.8, 23.2)]
    assert pieces[2].speech == (Segment(20.0, 21.0), Segment(22.0, 23.0))


def test_nothing_said_needs_no_piece() -> None:
    assert pack([], 30.0, 10.0, _middle) == []

"""Chunks cover a recording once, and their answers put together are the answer about the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.pipelines.chunks import Chunk, core_spans, merge_segments, merge_turns, plan
from model_lab.types import Segment, Turn

LENGTHS = st.floats(0.05, 30000).map(lambda value: round(value, 3))


@given(LENGTHS, st.floats(10, 1200), st.floats(0, 0.5))
def test_every_moment_belongs_to_one_chunk(duration: float, chunk_s: float, share: float) -> None:
    overlap = share * chunk_s
    chunks = plan(duration, chunk_s, overlap)
    assert (chunks[0].begin, chunks[-1].until) == (0.0, duration)
    assert all(before.until == after.begin for before, after in pairwise(chunks))
    assert all(chunk.start <= chunk.begin < chunk.until <= chunk.end for chunk in chunks)
    assert all(chunk.end - chunk.start <= chunk_s + 0.01 for chunk in chunks)
    assert all(before.end - after.start == pytest.approx(overlap, abs=0.01) for before, after in pairwise(chunks))
    assert len(chunks) == 1 or duration > chunk_s


def spans(limit: float) -> st.SearchStrategy[list[tuple[float, float]]]:
    """Stretches that rise and do not touch, on a grid of 10 ms."""
    edges = st.lists(st.integers(0, round(limit * 100)), max_size=40, unique=True).map(sorted)
    return edges.map(lambda found: [(a / 100, b / 100) for a, b in zip(found[::2], found[1::2], strict=False)])


def heard(spans: Sequence[Segment] | Sequence[Turn], chunk: Chunk) -> list[Segment] | list[Turn]:
    """What a perfect model says of ``spans`` when it hears a chunk alone."""
    inside = [span for span in spans if span.start < chunk.end and chunk.start < span.end]
    return [
        replace(span, start=max(span.start, chunk.start) - chunk.start, end=min(span.end, chunk.end) - chunk.start)
        for span in inside
    ]


@given(spans(300), st.floats(10, 100), st.floats(0, 0.5))
def test_no_speech_is_lost_or_doubled(truth: list[tuple[float, float]], chunk_s: float, share: float) -> None:
    speech = [Segment(*span) for span in truth]
    parts = [part for chunk in plan(300.0, chunk_s, share * chunk_s) for part in core_spans(heard(speech, chunk), chunk)]
    assert [(part.start, part.end) for part in merge_segments(parts)] == [pytest.approx(span, abs=0.0011) for span in truth]


@given(spans(300), spans(300), st.floats(10, 100), st.floats(0, 0.5))
def test_turns_that_overlap_stay_whole(
    first: list[tuple[float, float]], second: list[tuple[float, float]], chunk_s: float, share: float
) -> None:
    truth = [Turn(*span, "A") for span in first] + [Turn(*span, "B") for span in second]
    parts = [part for chunk in plan(300.0, chunk_s, share * chunk_s) for part in core_spans(heard(truth, chunk), chunk)]
    found = merge_turns(parts)
    assert list(found) == sorted(found, key=lambda turn: (turn.start, turn.end))
    for name, expected in (("A", first), ("B", second)):
        assert [(turn.start, turn.end) for turn in found if turn.speaker == name] == [
            pytest.approx(span, abs=0.0011) for span in expected
        ]

"""Divides a long recording into overlapping chunks, and merges their answers.

Every moment of the recording is processed in one or two chunks and belongs to the core of exactly one: cores meet in the middle of the
overlap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from model_lab.types import Segment, Turn

Span = TypeVar("Span", Segment, Turn)


@dataclass(frozen=True)
class Chunk:
    """A model processes ``[start, end)`` of the recording, and its answer is used for the core ``[begin, until)`` (seconds)."""

    start: float
    end: float
    begin: float
    until: float

    def __str__(self) -> str:
        return f"{self.start:.1f}-{self.end:.1f} s"


def plan(duration: float, chunk_s: float, overlap_s: float) -> tuple[Chunk, ...]:
    """Chunks of equal length, at most ``chunk_s``, overlapping by ``overlap_s``; a single one for a shorter recording.

    >>> [(chunk.start, chunk.end, chunk.begin, chunk.until) for chunk in plan(100.0, 60.0, 10.0)]
    [(0.0, 55.0, 0.0, 50.0), (45.0, 100.0, 50.0, 100.0)]
    """
    count = max(1, math.ceil((duration - overlap_s) / (chunk_s - overlap_s)))
    length = (duration + (count - 1) * overlap_s) / count
    starts = [round(number * (length - overlap_s), 3) for number in range(count)]
    ends = [*(round(start + overlap_s, 3) for start in starts[1:]), duration]
    borders = [0.0, *(round(start + overlap_s / 2, 3) for start in starts[1:]), duration]
    return tuple(Chunk(*parts) for parts in zip(starts, ends, borders, borders[1:], strict=False))


def core_spans(spans: Iterable[Span], chunk: Chunk) -> list[Span]:
    """The parts of ``spans``, timed from the start of the chunk, that lie in its core, as times of the recording."""
    core = []
    for span in spans:
        start, end = max(chunk.begin, chunk.start + span.start), min(chunk.until, chunk.start + span.end)
        if start < end:
            core.append(replace(span, start=round(start, 3), end=round(end, 3)))
    return [span for span in core if span.start < span.end]


def merge_segments(speech: Iterable[Segment]) -> tuple[Segment, ...]:
    """The union of ``speech``: ascending, without overlap, touching segments merged.

    >>> merge_segments([Segment(0.0, 2.0), Segment(3.0, 4.0), Segment(1.0, 3.0), Segment(5.0, 6.0)])
    (Segment(start=0.0, end=4.0, label=''), Segment(start=5.0, end=6.0, label=''))
    """
    merged: list[Segment] = []
    for part in sorted(speech, key=lambda part: part.start):
        if merged and part.start <= merged[-1].end:
            merged[-1] = Segment(merged[-1].start, max(merged[-1].end, part.end))
        else:
            merged.append(Segment(part.start, part.end))
    return tuple(merged)


def merge_turns(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Like `merge_segments`, for each speaker separately; ascending by start."""
    speakers = dict.fromkeys(turn.speaker for turn in turns)
    merged = [
        Turn(part.start, part.end, speaker)
        for speaker in speakers
        for part in merge_segments(Segment(turn.start, turn.end) for turn in turns if turn.speaker == speaker)
    ]
    return tuple(sorted(merged, key=lambda turn: (turn.start, turn.end)))

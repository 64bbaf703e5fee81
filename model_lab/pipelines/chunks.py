"""A long recording in chunks that overlap, and their answers put together again.

Every moment of the recording is heard in one chunk or two, and belongs to exactly one: chunks meet in the middle of what they share.
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
    """A model hears ``[start, end)`` of the recording and decides about ``[begin, until)`` of it (seconds)."""

    start: float
    end: float
    begin: float
    until: float

    def __str__(self) -> str:
        return f"{self.start:.1f}-{self.end:.1f} s"


def plan(duration: float, chunk_s: float, overlap_s: float) -> tuple[Chunk, ...]:
    """Chunks of one length, at most ``chunk_s``, whose neighbours share ``overlap_s``; one if the recording is no longer than that.

    >>> [(chunk.start, chunk.end, chunk.begin, chunk.until) for chunk in plan(100.0, 60.0, 10.0)]
    [(0.0, 55.0, 0.0, 50.0), (45.0, 100.0, 50.0, 100.0)]
    """
    count = max(1, math.ceil((duration - overlap_s) / (chunk_s - overlap_s)))
    length = (duration + (count - 1) * overlap_s) / count
    starts = [round(number * (length - overlap_s), 3) for number in range(count)]
    ends = [*(round(start + overlap_s, 3) for start in starts[1:]), duration]
    borders = [0.0, *(round(start + overlap_s / 2, 3) for start in starts[1:]), duration]
    return tuple(Chunk(*parts) for parts in zip(starts, ends, borders, borders[1:], strict=False))


def owned(spans: Iterable[Span], chunk: Chunk) -> list[Span]:
    """What a chunk says of its own part: ``spans``, timed from the chunk's start, as times of the recording, cut at its borders."""
    found = []
    for span in spans:
        start, end = max(chunk.begin, chunk.start + span.start), min(chunk.until, chunk.start + span.end)
        if start < end:
            found.append(replace(span, start=round(start, 3), end=round(end, 3)))
    return [span for span in found if span.start < span.end]


def joined(speech: Iterable[Segment]) -> tuple[Segment, ...]:
    """The union of ``speech``: rising, without overlap, touching stretches made one.

    >>> joined([Segment(0.0, 2.0), Segment(3.0, 4.0), Segment(1.0, 3.0), Segment(5.0, 6.0)])
    (Segment(start=0.0, end=4.0, label=''), Segment(start=5.0, end=6.0, label=''))
    """
    found: list[Segment] = []
    for part in sorted(speech, key=lambda part: part.start):
        if found and part.start <= found[-1].end:
            found[-1] = Segment(found[-1].start, max(found[-1].end, part.end))
        else:
            found.append(Segment(part.start, part.end))
    return tuple(found)


def joined_turns(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """As `joined`, each speaker by himself; rising in start."""
    speakers = dict.fromkeys(turn.speaker for turn in turns)
    found = [
        Turn(part.start, part.end, speaker)
        for speaker in speakers
        for part in joined(Segment(turn.start, turn.end) for turn in turns if turn.speaker == speaker)
    ]
    return tuple(sorted(found, key=lambda turn: (turn.start, turn.end)))

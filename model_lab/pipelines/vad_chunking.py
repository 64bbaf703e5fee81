"""Packs speech segments into pieces for a recogniser: as long as allowed, cut in pauses, covering all speech."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from model_lab.types import Segment

_MARGIN_S = 0.2
"""Audio kept on both sides of a piece, in seconds, where the pause is long enough."""
_LONGEST_PAUSE_S = 3.0
"""A piece ends at a longer pause, in seconds: recognisers hallucinate in silence."""
_SEARCHED = 0.25
"""The last share of a piece in which the quietest moment is searched for a cut."""

Quietest = Callable[[float, float], float]
"""Function that returns the quietest moment between two times of the recording, in seconds."""


@dataclass(frozen=True)
class SpeechChunk:
    """A piece for the recogniser, ``[start, end)`` of the recording, and the speech in it."""

    start: float
    end: float
    speech: tuple[Segment, ...]


def pack(speech: Sequence[Segment], longest: float, duration: float, quietest: Quietest) -> list[SpeechChunk]:
    """Pieces of at most ``longest`` seconds that cover all of ``speech`` (ascending, without overlap), in order, without overlap.

    Longer speech segments are cut at their quietest moment in the last quarter of the allowed length. ``duration`` is that of the
    recording.
    """
    available = longest - 2 * _MARGIN_S
    groups: list[list[Segment]] = []
    for part in _cut(speech, available, quietest):
        group = groups[-1] if groups else None
        if group and part.end - group[0].start <= available and part.start - group[-1].end <= _LONGEST_PAUSE_S:
            group.append(part)
        else:
            groups.append([part])
    ends = [0.0, *(group[-1].end for group in groups)]
    starts = [*(group[0].start for group in groups), duration]
    return [
        SpeechChunk(
            round(group[0].start - min(_MARGIN_S, max(0.0, group[0].start - before) / 2), 3),
            round(group[-1].end + min(_MARGIN_S, max(0.0, after - group[-1].end) / 2), 3),
            tuple(group),
        )
        for group, before, after in zip(groups, ends, starts[1:], strict=False)
    ]


def _cut(speech: Iterable[Segment], longest: float, quietest: Quietest) -> Iterator[Segment]:
    """The same speech, with segments cut to at most ``longest`` seconds."""
    for part in speech:
        start = part.start
        while part.end - start > longest:
            cut = round(quietest(start + (1 - _SEARCHED) * longest, start + longest), 3)
            yield Segment(start, cut)
            start = cut
        yield Segment(start, part.end)

"""Speech packed into pieces that a recogniser can take: as long as allowed, cut in pauses, nothing left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from model_lab.types import Segment

_MARGIN_S = 0.2
"""Sound kept on both sides of a piece, where the pause is long enough."""
_LONGEST_PAUSE_S = 3.0
"""A piece ends where nobody speaks for so long: recognisers make words up in silence."""
_SEARCHED = 0.25
"""The share of a piece, at its end, in which a moment to cut it is sought."""

Quietest = Callable[[float, float], float]
"""The quietest moment between two moments of the recording."""


@dataclass(frozen=True)
class SpeechChunk:
    """What the recogniser hears, ``[start, end)`` of the recording, and the speech in it."""

    start: float
    end: float
    speech: tuple[Segment, ...]


def pack(speech: Sequence[Segment], longest: float, duration: float, quietest: Quietest) -> list[SpeechChunk]:
    """Pieces of at most ``longest`` seconds that hold all of ``speech`` (rising, without overlap), in order, without overlap.

    Speech that is longer by itself is cut at its quietest moment in the last quarter of what fits. ``duration`` is the recording's.
    """
    room = longest - 2 * _MARGIN_S
    groups: list[list[Segment]] = []
    for part in _cut(speech, room, quietest):
        group = groups[-1] if groups else None
        if group and part.end - group[0].start <= room and part.start - group[-1].end <= _LONGEST_PAUSE_S:
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
    """The same speech, nothing in it longer than ``longest``."""
    for part in speech:
        start = part.start
        while part.end - start > longest:
            cut = round(quietest(start + (1 - _SEARCHED) * longest, start + longest), 3)
            yield Segment(start, cut)
            start = cut
        yield Segment(start, part.end)

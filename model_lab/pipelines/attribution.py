"""Assigns words to speakers by time, and groups them into utterances."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from model_lab.pipelines.conversation import SpokenWord, Utterance
from model_lab.types import Turn
from model_lab.wording import joined

NEAREST_S = 1.0
"""A word outside all turns is assigned to the nearest one within this distance, in seconds."""
_PAUSE_S = 2.0
"""An utterance ends where its speaker pauses for at least this long, in seconds."""
_LONG_S = 30.0
"""An utterance of at least this length, in seconds, ends with its sentence."""
_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")


def attribute(words: Sequence[SpokenWord], turns: Sequence[Turn]) -> tuple[SpokenWord, ...]:
    """Assign each word to the speaker whose turns it overlaps longest, else to the nearest within `NEAREST_S`, else to none.

    Ties go to the speaker who began first.

    >>> words = [SpokenWord(text="yes", start=1.0, end=1.4), SpokenWord(text="no", start=5.0, end=5.2)]
    >>> [word.speaker for word in attribute(words, [Turn(0.0, 1.1, "A"), Turn(1.1, 3.0, "B")])]
    ['B', '']
    """
    ordered = sorted(turns, key=lambda turn: (turn.start, turn.end, turn.speaker))
    starts = [turn.start for turn in ordered]
    latest = list(accumulate((turn.end for turn in ordered), max))

    def near(word: SpokenWord) -> Sequence[Turn]:
        return ordered[bisect_left(latest, word.start - NEAREST_S) : bisect_right(starts, word.end + NEAREST_S)]

    return tuple(word.model_copy(update={"speaker": _speaker(word, near(word))}) for word in words)


def _speaker(word: SpokenWord, turns: Sequence[Turn]) -> str:
    shared: dict[str, float] = {}
    for turn in turns:
        overlap = min(word.end, turn.end) - max(word.start, turn.start)
        if overlap > 0 or turn.start <= word.start == word.end < turn.end:
            shared[turn.speaker] = shared.get(turn.speaker, 0.0) + overlap
    if shared:
        return max(shared, key=lambda speaker: shared[speaker])
    away = [(max(turn.start - word.end, word.start - turn.end), turn.speaker) for turn in turns]
    distance, speaker = min(away, key=lambda pair: pair[0], default=(NEAREST_S + 1, ""))
    return speaker if distance <= NEAREST_S else ""


def utterances(words: Sequence[SpokenWord]) -> tuple[Utterance, ...]:
    """Group all ``words``, in order, into utterances of one speaker each."""
    borders = [0, *_borders(words), len(words)] if words else []
    return tuple(_utterance(words, first, last) for first, last in pairwise(borders))


def _borders(words: Sequence[SpokenWord]) -> Iterator[int]:
    """The indices of the words that begin a new utterance, except the first."""
    began = words[0].start
    for number, (before, word) in enumerate(pairwise(words), 1):
        over = before.end - began >= _LONG_S and before.text.endswith(_SENTENCE_ENDS)
        if word.speaker != before.speaker or word.start - before.end >= _PAUSE_S or over:
            yield number
            began = word.start


def _utterance(words: Sequence[SpokenWord], first: int, last: int) -> Utterance:
    spoken = words[first:last]
    return Utterance(
        speaker=spoken[0].speaker,
        start=spoken[0].start,
        end=max(word.end for word in spoken),
        text=joined(word.text for word in spoken),
        first=first,
        last=last,
    )

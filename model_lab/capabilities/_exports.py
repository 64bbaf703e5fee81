"""Conversions of answers for export to file formats, for capabilities to list in ``exports``.

A conversion takes an answer and the duration of its sound in seconds, and returns the format's neutral form, which its ``write``
takes. It raises `NotRepresentable` for an answer that the format cannot hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from model_lab.formats import NotRepresentable, SpokenSegment, textgrid, timed
from model_lab.types import Segment, Transcript, Word
from model_lab.wording import joined, whole

Convert: TypeAlias = Callable[[Any, float], Any]
"""``convert(answer, duration)`` returns the neutral form."""

_PAUSE_S = 1.0
"""A pause of this length ends a subtitle."""
_LONGEST_S = 7.0
_CHARACTERS = 84
"""The longest subtitle: two lines of 42 characters, seven seconds."""


def unchanged(answer: Any, duration: float) -> Any:
    """The answer as it is: segments, turns, words, notes and pitch tracks are neutral forms themselves.

    Args:
        answer: Answer.
        duration: Not needed.

    Returns:
        ``answer``.
    """
    return answer


def timed_words(answer: Any, duration: float) -> Sequence[Word]:
    """Words with their times.

    Args:
        answer: Transcript, or the words of an alignment.
        duration: Not needed.

    Returns:
        The words.

    Raises:
        NotRepresentable: The transcript has text and no times.
    """
    if not isinstance(answer, Transcript):
        return answer  # type: ignore[no-any-return]  # the format checks it when it writes it
    if answer.text.strip() and not answer.words:
        raise NotRepresentable("without times of words, which srt, vtt and textgrid do not need")
    return whole(answer)


def cues(answer: Any, duration: float) -> list[SpokenSegment]:
    """Subtitles.

    Args:
        answer: Transcript, or words.
        duration: Duration of the sound in seconds.

    Returns:
        Subtitles in order (see `grouped`); a text without times is one subtitle over the whole sound.
    """
    return grouped(_words(answer, duration))


def grouped(words: Sequence[Word]) -> list[SpokenSegment]:
    """Group words into subtitles.

    Args:
        words: Words in order, with times.

    Returns:
        Subtitles of at most 84 characters and 7 seconds, without pauses of 1 s or more inside.

    Example:
        >>> grouped([Word("good", 0.0, 0.5), Word("day", 0.5, 1.0), Word("yes", 2.5, 3.0)])[0]
        SpokenSegment(start=0.0, end=1.0, text='good day', speaker='')
    """
    shown: list[SpokenSegment] = []
    for span in timed(words):
        if shown and _fit_together(shown[-1], span):
            before = shown[-1]
            shown[-1] = SpokenSegment(before.start, max(before.end, span.end), joined((before.text, span.label)))
        else:
            shown.append(SpokenSegment(span.start, span.end, span.label))
    return shown


def word_tiers(answer: Any, duration: float) -> dict[str, list[Segment]]:
    """Tier of words.

    Args:
        answer: Transcript, or words.
        duration: Duration of the sound in seconds.

    Returns:
        ``{"words": segments}``; for a text without times ``{"text": one segment over the whole sound}``.
    """
    untimed = isinstance(answer, Transcript) and not answer.words
    spans = timed(_words(answer, duration))
    return {"text": spans} if untimed else _tier("words", spans)


def phone_tiers(answer: Any, duration: float) -> dict[str, list[Segment]]:
    """Tier of phones.

    Args:
        answer: Transcript in IPA.
        duration: Duration of the sound in seconds.

    Returns:
        ``{"phones": segments}``; without times one segment over the whole sound.
    """
    return _tier("phones", timed(_words(answer, duration)))


def speech_tiers(answer: Any, duration: float) -> dict[str, list[Segment]]:
    """Tier of speech.

    Args:
        answer: Segments.
        duration: Not needed.

    Returns:
        ``{"speech": segments}``.
    """
    return _tier("speech", timed(answer))


def speaker_tiers(answer: Any, duration: float) -> dict[str, list[Segment]]:
    """One tier for each speaker.

    Args:
        answer: Turns.
        duration: Not needed.

    Returns:
        Speaker -> segments; ``{"speakers": []}`` if nobody speaks.
    """
    return textgrid.laid_out((span.label, span) for span in timed(answer)) or {"speakers": []}


WORDS: Mapping[str, Convert] = {"srt": cues, "vtt": cues, "ctm": timed_words, "textgrid": word_tiers}
"""Exports of a transcript, or of words with times."""
PHONES: Mapping[str, Convert] = {"textgrid": phone_tiers}
"""Exports of a transcript in phones."""
SPEECH: Mapping[str, Convert] = {"rttm": unchanged, "textgrid": speech_tiers}
"""Exports of segments of speech."""
TURNS: Mapping[str, Convert] = {"rttm": unchanged, "textgrid": speaker_tiers}
"""Exports of speaker turns."""
NOTES: Mapping[str, Convert] = {"midi": unchanged}
"""Exports of notes."""
PITCH: Mapping[str, Convert] = {"contour": unchanged}
"""Exports of a pitch track."""


def _words(answer: Any, duration: float) -> Sequence[Word]:
    return whole(answer) or [Word(answer.text, 0.0, duration)] if isinstance(answer, Transcript) else answer


def _tier(name: str, spans: Sequence[Segment]) -> dict[str, list[Segment]]:
    return textgrid.laid_out((name, span) for span in spans) or {name: []}


def _fit_together(shown: SpokenSegment, span: Segment) -> bool:
    short = len(joined((shown.text, span.label))) <= _CHARACTERS and span.end - shown.start <= _LONGEST_S
    return short and span.start - shown.end < _PAUSE_S

"""What goes into the file formats of the field: conversions of answers into neutral forms, for capabilities to name in ``exports``.

A conversion takes an answer and the duration of its sound in seconds, and returns what the format's ``write`` takes. It raises
`NotRepresentable` for an answer that the format cannot hold.
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
"""A subtitle ends where nothing is said for so long."""
_LONGEST_S = 7.0
_CHARACTERS = 84
"""What a subtitle may hold: two lines of 42 characters for at most seven seconds."""


def unchanged(answer: Any, duration: float) -> Any:
    """The answer itself: segments, turns, words, notes or a pitch track are neutral forms."""
    return answer


def timed_words(answer: Any, duration: float) -> Sequence[Word]:
    """The words of a transcript, or of an alignment, with their times.

    Raises:
        NotRepresentable: For a text without times.
    """
    if not isinstance(answer, Transcript):
        return answer  # type: ignore[no-any-return]  # what it is says the format when it writes it
    if answer.text.strip() and not answer.words:
        raise NotRepresentable("without times of words, which srt, vtt and textgrid do not need")
    return whole(answer)


def cues(answer: Any, duration: float) -> list[SpokenSegment]:
    """Subtitles of a transcript, or of words; a text without times is one subtitle over the whole sound."""
    return grouped(_words(answer, duration))


def grouped(words: Sequence[Word]) -> list[SpokenSegment]:
    """Words together in subtitles: of at most 84 characters and 7 seconds, with no pause of a second inside.

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
    """A tier of words; of a text without times a tier "text" with one interval over the whole sound."""
    untimed = isinstance(answer, Transcript) and not answer.words
    spans = timed(_words(answer, duration))
    return {"text": spans} if untimed else _tier("words", spans)


def phone_tiers(answer: Any, duration: float) -> dict[str, list[Segment]]:
    """A tier of phones; without times one interval over the whole sound."""
    return _tier("phones", timed(_words(answer, duration)))


def speech_tiers(answer: Any, duration: float) -> dict[str, list[Segment]]:
    """A tier of speech."""
    return _tier("speech", timed(answer))


def speaker_tiers(answer: Any, duration: float) -> dict[str, list[Segment]]:
    """A tier for each speaker."""
    return textgrid.laid_out((span.label, span) for span in timed(answer)) or {"speakers": []}


WORDS: Mapping[str, Convert] = {"srt": cues, "vtt": cues, "ctm": timed_words, "textgrid": word_tiers}
"""Of a transcript, or of words with times."""
PHONES: Mapping[str, Convert] = {"textgrid": phone_tiers}
SPEECH: Mapping[str, Convert] = {"rttm": unchanged, "textgrid": speech_tiers}
"""Of segments in which somebody speaks."""
TURNS: Mapping[str, Convert] = {"rttm": unchanged, "textgrid": speaker_tiers}
NOTES: Mapping[str, Convert] = {"midi": unchanged}
PITCH: Mapping[str, Convert] = {"contour": unchanged}
"""Of a pitch track."""


def _words(answer: Any, duration: float) -> Sequence[Word]:
    return whole(answer) or [Word(answer.text, 0.0, duration)] if isinstance(answer, Transcript) else answer


def _tier(name: str, spans: Sequence[Segment]) -> dict[str, list[Segment]]:
    return textgrid.laid_out((name, span) for span in spans) or {name: []}


def _fit_together(shown: SpokenSegment, span: Segment) -> bool:
    short = len(joined((shown.text, span.label))) <= _CHARACTERS and span.end - shown.start <= _LONGEST_S
    return short and span.start - shown.end < _PAUSE_S

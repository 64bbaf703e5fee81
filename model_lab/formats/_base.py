"""What all formats share: the neutral forms in the middle, what a format is, and how times and texts are written into one.

Conventions:
    Times are seconds from the start of the recording, as float. Formats write whole milliseconds, from 0 on; what is shorter than a
    millisecond is written as one millisecond long. Text is data: line breaks, control characters and lone surrogates are taken out.

The neutral forms are `Segment`, `Turn`, `Word`, `Note` and `PitchTrack` of `model_lab.types`, and `SpokenSegment`.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_lab.errors import ModelLabError
from model_lab.types import Segment, Turn, Word


class NotRepresentable(ModelLabError):
    """A value that a format cannot hold. Its text continues the words "answered ...": "without times of words"."""


@dataclass(frozen=True)
class SpokenSegment:
    """Words that are said, or shown, and who says them.

    Attributes:
        start: Seconds from the start of the recording.
        end: Seconds, after ``start``.
        text: The words.
        speaker: Who says them; empty where nobody is named.
    """

    start: float
    end: float
    text: str
    speaker: str = ""


@dataclass(frozen=True)
class Format:
    """A file format that can hold the answers of a capability.

    Attributes:
        name: What people call it on the command line: small letters, digits and hyphens.
        suffix: The ending of its files, without the dot.
        write: ``write(content, recording, duration)`` returns a file's content as text or bytes. ``content`` is in the neutral form
            that the format takes, ``recording`` is a name without spaces, ``duration`` is that of its sound in seconds.
            It raises `NotRepresentable` for what the format cannot hold.
        read: ``read(path)`` returns what a file holds in the neutral form, and raises `BadManifest`; None if the format is only written.
        together: One file holds several recordings: what was written for each of them, one after the other.
    """

    name: str
    suffix: str
    write: Callable[[Any, str, float], str | bytes]
    read: Callable[[Path], Any] | None = None
    together: bool = False


def timed(spans: Iterable[Word | Turn | Segment | SpokenSegment]) -> list[Segment]:
    """Spans as formats of lines write them: in whole milliseconds, rising, each with its text on one line as the label.

    Args:
        spans: Words, turns (the label is the speaker, "speaker" if they have no name), segments (the label is "speech" if they have
            none) or spoken segments, in any order.

    Returns:
        The spans that have a text, by start and end.

    Raises:
        NotRepresentable: For anything else than spans, and for times that are not finite.

    Example:
        >>> timed([Word("day", 0.5, 0.5), Word("good", -0.1, 0.5)])
        [Segment(start=0.0, end=0.5, label='good'), Segment(start=0.5, end=0.501, label='day')]
    """
    if not isinstance(spans, (list, tuple)):
        raise NotRepresentable(f"with a {type(spans).__name__} where segments, turns or words are expected")
    labelled = (in_milliseconds(span.start, span.end, _label(span)) for span in map(_checked, spans))
    return sorted((span for span in labelled if span.label), key=lambda span: (span.start, span.end))


def in_milliseconds(start: float, end: float, label: str) -> Segment:
    """A segment whose times are whole milliseconds, from 0 on, and which is at least a millisecond long.

    Args:
        start: Seconds; below 0 it becomes 0.
        end: Seconds.
        label: The segment's label.

    Returns:
        The segment.

    Raises:
        NotRepresentable: For a time that is not finite.
    """
    first = max(0, milliseconds(start))
    return Segment(first / 1000, max(first + 1, milliseconds(end)) / 1000, label)


def milliseconds(seconds: float) -> int:
    """The nearest whole number of milliseconds.

    Args:
        seconds: A time.

    Returns:
        Milliseconds.

    Raises:
        NotRepresentable: For a time that is not finite.
    """
    if not math.isfinite(seconds):
        raise NotRepresentable(f"with a time of {seconds} s")
    return round(seconds * 1000)


def plain_text(text: str) -> str:
    r"""Text on one line, without control characters and lone surrogates.

    Args:
        text: Any text.

    Returns:
        Its words with one space between them; empty if nothing is left.

    Example:
        >>> plain_text("two\n lines\x1b[31m")
        'two lines[31m'
    """
    return " ".join("".join(sign for sign in text if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cs")).split())


def field(text: str) -> str:
    """Text as one field of a line whose fields are separated by spaces.

    Args:
        text: Any text.

    Returns:
        The text as `plain_text` has it, with _ for every space.

    Example:
        >>> field("Jo  Ann")
        'Jo_Ann'
    """
    return plain_text(text).replace(" ", "_")


def recording_field(name: str) -> str:
    """A recording's name as the first field of a line.

    Args:
        name: Its name.

    Returns:
        The name as `field` has it.

    Raises:
        NotRepresentable: If nothing is left of it, or if it begins with ;; as comments do.
    """
    written = field(name)
    if not written or written.startswith(";;"):
        raise NotRepresentable(f"for a recording called {name!r}, where a name is expected that does not begin with ;;")
    return written


def _checked(span: object) -> Word | Turn | Segment | SpokenSegment:
    if not isinstance(span, (Word, Turn, Segment, SpokenSegment)):
        raise NotRepresentable(f"with a {type(span).__name__} where a segment, a turn or a word is expected")
    return span


def _label(span: Word | Turn | Segment | SpokenSegment) -> str:
    match span:
        case Turn():
            return plain_text(span.speaker) or "speaker"
        case Segment():
            return plain_text(span.label) or "speech"
        case _:
            return plain_text(span.text)

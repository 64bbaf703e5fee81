"""What SubRip and WebVTT share: cues with times, separated by blank lines. The formats themselves are `srt` and `vtt`."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from model_lab.errors import BadManifest
from model_lab.formats._base import NotRepresentable, SpokenSegment, in_milliseconds, plain_text
from model_lab.formats.plain import lines


@dataclass(frozen=True)
class Cue:
    """A cue of a file.

    Attributes:
        start: Seconds.
        end: Seconds, after ``start``.
        text: Its lines, joined by spaces, with their markup.
    """

    start: float
    end: float
    text: str


def written(cues: Sequence[SpokenSegment], form: Literal["srt", "vtt"], escape: Callable[[str], str], named: str) -> str:
    """Cues in one of the two formats.

    Args:
        cues: In the order in which they are written; those without a text are left out.
        form: Which of the formats.
        escape: Makes markup of a text that is data.
        named: How a speaker is shown: a pattern with ``{name}`` and ``{text}``.

    Returns:
        The file's text.

    Raises:
        NotRepresentable: For anything else than spoken segments, and for times that are not finite.
    """
    from webvtt import Caption, WebVTT
    from webvtt.models import Timestamp

    captions = []
    for cue in map(_checked, cues):
        text, name = escape(plain_text(cue.text)), escape(plain_text(cue.speaker))
        if text:
            span = in_milliseconds(cue.start, cue.end, named.format(name=name, text=text) if name else text)
            start, end = (str(Timestamp.from_seconds(time)) for time in (span.start, span.end))
            captions.append(Caption(start, end, span.label))
    stream = io.StringIO()
    WebVTT(captions=captions).write(stream, form)
    content = stream.getvalue()
    return content if content.endswith("\n") or not content else content + "\n"


def blocks(path: Path) -> list[list[tuple[int, str]]]:
    """The lines between the blank lines of a file.

    Args:
        path: The file.

    Returns:
        Blocks of lines, each with its number, from 1.

    Raises:
        BadManifest: Unless the file is text in UTF-8.
    """
    collected: list[list[tuple[int, str]]] = []
    for number, line in lines(path):
        if collected and collected[-1][-1][0] == number - 1:
            collected[-1].append((number, line))
        else:
            collected.append([(number, line)])
    return collected


def cues(path: Path, blocks: Iterable[Sequence[tuple[int, str]]], clock: str, form: str) -> Iterator[Cue]:
    """The cues in blocks of lines: a line that identifies the cue, or none, then its times, then its text.

    Args:
        path: The file, for messages.
        blocks: Its blocks.
        clock: A pattern of a time, with groups for hours (which may be absent), minutes, seconds and milliseconds.
        form: What a line of times is expected to be, for messages.

    Yields:
        The cues, in the file's order.

    Raises:
        BadManifest: For a block without a line of times, and for times that do not rise, naming the line.
    """
    times = re.compile(rf"\s*{clock}\s*-->\s*{clock}(?:\s.*)?")
    for block in blocks:
        place = 0 if "-->" in block[0][1] else 1
        number, line = block[min(place, len(block) - 1)]
        match = times.fullmatch(line)
        if match is None:
            raise BadManifest(f"{path}:{number}: {line[:80]!r} is not a line of times; expected {form}")
        start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        if not start < end:
            raise BadManifest(f"{path}:{number}: a cue from {start:g} s to {end:g} s; expected its start before its end")
        if inner := next((number for number, text in block[place + 1 :] if "-->" in text), None):
            raise BadManifest(f"{path}:{inner}: a line of times within a cue; expected a blank line before every cue")
        yield Cue(start, end, " ".join(text.strip() for _, text in block[place + 1 :]))


def _checked(cue: object) -> SpokenSegment:
    if not isinstance(cue, SpokenSegment):
        raise NotRepresentable(f"with a {type(cue).__name__} where a spoken segment is expected")
    return cue


def _seconds(clock: Sequence[str | None]) -> float:
    hours, minutes, seconds, milliseconds = (int(part or 0) for part in clock)
    return (((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds) / 1000

"""WebVTT, subtitles of the web: cues with a line of times, voices and markup.

Source:
    W3C, WebVTT: The Web Video Text Tracks Format (https://www.w3.org/TR/webvtt1/).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from model_lab.errors import BadManifest
from model_lab.formats import subtitles
from model_lab.formats._base import Format, SpokenSegment, plain_text

_FORM = "[HH:]MM:SS.MMM --> [HH:]MM:SS.MMM"
_CLOCK = r"(?:(\d{2,9}):)?(\d{2}):(\d{2})\.(\d{3})"
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]*)>")
_TAG = re.compile(r"<[^<>]*>")
_NO_CUE = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")


def write(cues: Sequence[SpokenSegment]) -> str:
    """WebVTT subtitles.

    Args:
        cues: In the order in which they are shown, which is to be by start; those without a text are left out. Markup in texts is
            escaped; a speaker is written as the cue's voice.

    Returns:
        The file's text.

    Raises:
        NotRepresentable: For anything else than spoken segments, and for times that are not finite.

    Example:
        >>> print(write([SpokenSegment(0.0, 1.5, "Good day.", "Ann")]), end="")
        WEBVTT
        <BLANKLINE>
        00:00:00.000 --> 00:00:01.500
        <v Ann>Good day.
    """
    return subtitles.written(cues, "vtt", lambda text: html.escape(text, quote=False), "<v {name}>{text}")


def read(path: Path) -> tuple[SpokenSegment, ...]:
    """The cues of a file.

    Args:
        path: A file in UTF-8. Comments, styles and regions are skipped.

    Returns:
        The cues that have a text, in the file's order: their lines on one line, without tags of markup. A cue with several voices is
            as many segments of its time.

    Raises:
        BadManifest: For a file that does not begin with WEBVTT, and for a block of lines that is not a cue, naming the line.
    """
    blocks = subtitles.blocks(path)
    if not blocks or not re.match(r"WEBVTT(?:\s|$)", blocks[0][0][1]):
        raise BadManifest(f"{path}:1: the first line is {blocks[0][0][1][:40] if blocks else ''!r}; expected WEBVTT")
    if early := next((number for number, line in blocks[0] if "-->" in line), None):
        raise BadManifest(f"{path}:{early}: a line of times in the header; expected a blank line before every cue")
    cues = subtitles.cues(path, (block for block in blocks[1:] if not _NO_CUE.match(block[0][1])), _CLOCK, _FORM)
    return tuple(segment for cue in cues for segment in _voices(cue) if segment.text)


def _voices(cue: subtitles.Cue) -> Iterator[SpokenSegment]:
    """What each voice says; at first, if anything, what nobody in particular says."""
    first, *voices = _VOICE.split(cue.text)
    for name, text in zip(["", *voices[::2]], [first, *voices[1::2]], strict=True):
        yield SpokenSegment(cue.start, cue.end, _unmarked(text), _unmarked(name))


def _unmarked(text: str) -> str:
    return plain_text(html.unescape(_TAG.sub("", text)))


FORMAT = Format("vtt", "vtt", lambda cues, recording, duration: write(cues), read)

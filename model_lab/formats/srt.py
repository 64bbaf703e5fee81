"""SRT, subtitles of SubRip: numbered cues with a line of times.

Source:
    The format has no standard; what is read and written here is what SubRip writes (its author's notes, and the Matroska
    specification, "SRT Subtitles"): ``HOURS:MM:SS,MMM --> HOURS:MM:SS,MMM``, and the tags b, i, u and font in texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from model_lab.formats import subtitles
from model_lab.formats._base import Format, SpokenSegment, plain_text

_FORM = "HH:MM:SS,MMM --> HH:MM:SS,MMM"
_CLOCK = r"(\d{1,9}):(\d{2}):(\d{2})[,.](\d{3})"
_TAG = re.compile(r"</?(?:b|i|u|font)(?:\s[^<>]*)?>", re.IGNORECASE)
_MARKS = {ord("<"): "‹", ord(">"): "›"}


def write(cues: Sequence[SpokenSegment]) -> str:
    """SubRip subtitles.

    Args:
        cues: In the order in which they are shown; those without a text are left out. The format has no escapes: < and >, which
            players take for markup, are written ‹ and ›. A speaker is written before the text: ``Ann: Good day.``

    Returns:
        The file's text; empty without cues.

    Raises:
        NotRepresentable: For anything else than spoken segments, and for times that are not finite.

    Example:
        >>> print(write([SpokenSegment(0.0, 1.5, "Good day.", "Ann")]), end="")
        1
        00:00:00,000 --> 00:00:01,500
        Ann: Good day.
    """
    return subtitles.written(cues, "srt", lambda text: text.translate(_MARKS), "{name}: {text}")


def read(path: Path) -> tuple[SpokenSegment, ...]:
    """The cues of a file.

    Args:
        path: A file in UTF-8.

    Returns:
        The cues that have a text, in the file's order: their lines on one line, without tags of markup. No speaker is read, as the
            format has no place for one.

    Raises:
        BadManifest: For a block of lines that is not a cue, naming the line.
    """
    cues = subtitles.cues(path, subtitles.blocks(path), _CLOCK, _FORM)
    texts = ((cue, plain_text(_TAG.sub("", cue.text))) for cue in cues)
    return tuple(SpokenSegment(cue.start, cue.end, text) for cue, text in texts if text)


FORMAT = Format("srt", "srt", lambda cues, recording, duration: write(cues), read)

"""RTTM, Rich Transcription Time Marked: who speaks when, a turn a line, fields separated by spaces.

Source:
    NIST, The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan, appendix A.
    A line of a turn: ``SPEAKER FILE CHANNEL ONSET DURATION <NA> <NA> NAME <NA> <NA>``; onset and duration in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from model_lab.errors import BadManifest, nearest
from model_lab.formats._base import Format, field, recording_field, timed
from model_lab.formats._lines import FieldLine, grouped, of_recording
from model_lab.types import Segment, Turn

TYPES = (
    "SEGMENT",
    "NOSCORE",
    "NO_RT_METADATA",
    "LEXEME",
    "NON-LEX",
    "NON-SPEECH",
    "FILLER",
    "EDIT",
    "IP",
    "SU",
    "CB",
    "A/P",
    "SPEAKER",
    "SPKR-INFO",
)
"""What a line may be about; only SPEAKER is about turns."""

_FORM = "SPEAKER FILE CHANNEL ONSET DURATION <NA> <NA> NAME <NA> <NA>, names without spaces"
_FIELDS = (9, 10)
"""Of a SPEAKER line: the signal lookahead at its end came with RT-09."""


def write(recordings: Mapping[str, Sequence[Turn | Segment]]) -> str:
    """RTTM of turns, or of segments, whose labels become the names.

    Args:
        recordings: Turns or segments by the name of their recording, in any order. A space within a name is written _; a segment
            without a label is called "speech", a turn without a name "speaker".

    Returns:
        SPEAKER lines, by start and end within a recording; empty if nobody speaks.

    Raises:
        NotRepresentable: For anything else than turns and segments, and for times that are not finite.

    Example:
        >>> print(write({"call": [Turn(0.5, 2.0, "Jo Ann")]}), end="")
        SPEAKER call 1 0.500 1.500 <NA> <NA> Jo_Ann <NA> <NA>
    """
    return "".join(_lines_of(recording_field(name), turns) for name, turns in recordings.items())


def read(path: Path) -> dict[str, tuple[Turn, ...]]:
    """The turns of all recordings in a file.

    Args:
        path: An RTTM file in UTF-8. Lines about anything else than turns are skipped, and so are comments (;;).

    Returns:
        Turns by recording, in the file's order, times in seconds.

    Raises:
        BadManifest: For a line that is not RTTM, naming it, and for a file that holds no turns.
    """
    turns = grouped(path, _parse)
    if not turns:
        raise BadManifest(f"{path} has no SPEAKER line; expected {_FORM}, or turns: [] in the row if nobody speaks")
    return turns


def turns(path: Path, recording: str) -> tuple[Turn, ...]:
    """The turns of one recording.

    Args:
        path: An RTTM file.
        recording: The name of a sound file without its suffix; a space in it is written _ in the file.

    Returns:
        Its turns in the file's order.

    Raises:
        BadManifest: As `read`, and for a file that holds only other recordings.
    """
    return of_recording(read(path), recording, path)


def _lines_of(recording: str, turns: Sequence[Turn | Segment]) -> str:
    from pyannote.core import Annotation
    from pyannote.core import Segment as Stretch

    annotation = Annotation(uri=recording)
    for track, span in enumerate(timed(turns)):
        annotation[Stretch(span.start, span.end), track] = field(span.label)
    return str(annotation.to_rttm())


def _parse(line: FieldLine) -> tuple[str, Turn] | None:
    kind = line.fields[0]
    if kind not in TYPES:
        raise line.refused(f"is not RTTM{nearest(kind, TYPES)}; expected {_FORM}")
    return (line.fields[1] if len(line.fields) > 1 else "", _turn(line)) if kind == "SPEAKER" else None


def _turn(line: FieldLine) -> Turn:
    fields = line.fields
    if len(fields) not in _FIELDS:
        raise line.refused(f"is not RTTM: it has {len(fields)} fields; expected 10: {_FORM}")
    try:
        start, length = float(fields[3]), float(fields[4])
        rest = [float(field) for field in fields[8:] if field != "<NA>"]
    except ValueError:
        raise line.refused(f"is not RTTM; expected {_FORM}") from None
    if fields[5:7] != ["<NA>", "<NA>"] or not all(map(math.isfinite, rest)):
        raise line.refused(f"is not RTTM: its fields are not in their places; expected {_FORM}")
    if not (0 <= start < math.inf and 0 < length < math.inf):
        raise line.refused(f"is at {start:g} s for {length:g} s; expected an onset from 0 and a duration above 0, in seconds")
    return Turn(start, start + length, fields[7])


FORMAT = Format("rttm", "rttm", lambda turns, recording, duration: write({recording: turns}), read, together=True)

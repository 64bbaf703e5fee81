"""RTTM, Rich Transcription Time Marked (NIST RT-09): who speaks when, a turn a line, fields separated by spaces."""

from __future__ import annotations

import math
from pathlib import Path

from model_lab.errors import BadManifest, nearest
from model_lab.formats.plain import lines
from model_lab.types import Turn

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


def turns(path: Path, recording: str) -> tuple[Turn, ...]:
    """The turns of ``recording``, the name of a sound file without its suffix, in the file's order; a space in it is written _.

    Raises `BadManifest` for a line that is not RTTM and for a file that holds no turns, or those of other recordings.
    """
    found: dict[str, list[Turn]] = {}
    for number, line in lines(path):
        fields = line.split()
        if fields[0].startswith(";;"):
            continue
        if fields[0] not in TYPES:
            raise BadManifest(f"{path}:{number}: {line[:80]!r} is not RTTM{nearest(fields[0], TYPES)}; expected {_FORM}")
        if fields[0] == "SPEAKER":
            found.setdefault(fields[1] if len(fields) > 1 else "", []).append(_turn(fields, f"{path}:{number}: {line[:80]!r}"))
    if not found:
        raise BadManifest(f"{path} has no SPEAKER line; expected {_FORM}, or turns: [] in the row if nobody speaks")
    for name in (recording, recording.replace(" ", "_")):
        if name in found:
            return tuple(found[name])
    raise BadManifest(
        f"{path} holds {', '.join(sorted(found))[:80]}; expected {recording} (the name of the sound file) among them"
    )


def _turn(fields: list[str], told: str) -> Turn:
    if len(fields) not in _FIELDS:
        raise BadManifest(f"{told} is not RTTM: it has {len(fields)} fields; expected 10: {_FORM}")
    try:
        start, length = float(fields[3]), float(fields[4])
        rest = [float(field) for field in fields[8:] if field != "<NA>"]
    except ValueError:
        raise BadManifest(f"{told} is not RTTM; expected {_FORM}") from None
    if fields[5:7] != ["<NA>", "<NA>"] or not all(map(math.isfinite, rest)):
        raise BadManifest(f"{told} is not RTTM: its fields do not stand in their places; expected {_FORM}")
    if not (0 <= start < math.inf and 0 < length < math.inf):
        raise BadManifest(
            f"{told} is at {start:g} s for {length:g} s; expected an onset from 0 and a duration above 0, in seconds"
        )
    return Turn(start, start + length, fields[7])

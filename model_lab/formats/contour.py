"""Pitch contours: time in seconds and fundamental frequency in Hz, a pair a line.

Source:
    What pYIN, CREPE, Praat and tables of NumPy have in common, and mir_eval reads ("Melody": two columns, time and frequency).
    Columns are separated by tabs, semicolons, commas or spaces; 0 Hz is unvoiced.
"""

from __future__ import annotations

import math
from pathlib import Path

from model_lab.errors import BadManifest
from model_lab.formats._base import Format, NotRepresentable
from model_lab.formats.plain import lines
from model_lab.types import PitchTrack

_SEPARATORS = ("\t", ";", ",")
_VOICED = 0.5
"""A frame is voiced from this probability on."""


def write(track: PitchTrack) -> str:
    """A contour of a pitch track: a line of headings, then ``time,f0`` with six and three decimals.

    Args:
        track: Times in seconds, frequencies in Hz. A frame that is voiced with less than 0.5 is written with 0 Hz.

    Returns:
        The file's text.

    Raises:
        NotRepresentable: For anything else than a pitch track, and for one with no frames.
    """
    if not isinstance(track, PitchTrack):
        raise NotRepresentable(f"with a {type(track).__name__} where a pitch track is expected")
    if not len(track.times):
        raise NotRepresentable("without a frame, where a contour has at least one")
    frames = zip(track.times.tolist(), track.f0_hz.tolist(), track.voiced.tolist(), strict=True)
    return "time,f0\n" + "".join(f"{time:.6f},{f0 if voiced >= _VOICED else 0:.3f}\n" for time, f0, voiced in frames)


def read(path: Path) -> tuple[list[float], list[float]]:
    """The times and frequencies of a contour.

    Args:
        path: A file in UTF-8. Lines that begin with # are comments, the first line may be headings, and columns after the second are
            not read.

    Returns:
        Times in seconds and frequencies in Hz, as many; 0 Hz is unvoiced, and so is nan, which some trackers write instead.

    Raises:
        BadManifest: For a line that is not two numbers, naming it, and for a file without such a line.
    """
    rows = [(number, _cells(line)) for number, line in lines(path) if not line.lstrip().startswith("#")]
    if rows and not any(map(_is_number, rows[0][1])):
        rows = rows[1:]
    if not rows:
        raise BadManifest(f"{path} is not a pitch contour: it has no line of time,f0; expected seconds and Hz")
    pairs = [_pair(cells, f"{path}:{number}") for number, cells in rows]
    return [time for time, _ in pairs], [f0 for _, f0 in pairs]


def _cells(line: str) -> list[str]:
    separator = next((mark for mark in _SEPARATORS if mark in line), None)
    return [cell.strip() for cell in line.strip().split(separator)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _pair(cells: list[str], origin: str) -> tuple[float, float]:
    if len(cells) < 2 or not all(map(_is_number, cells[:2])):
        raise BadManifest(
            f"{origin}: {' '.join(cells)[:80]!r} is not a line of a pitch contour; expected time,f0 in seconds and Hz"
        )
    time, f0 = float(cells[0]), float(cells[1])
    if not 0 <= time < math.inf or math.isinf(f0) or f0 < 0:
        raise BadManifest(f"{origin}: {f0:g} Hz at {time:g} s; expected seconds from 0, and Hz, 0 or nan where unvoiced")
    return time, 0.0 if math.isnan(f0) else f0


FORMAT = Format("contour", "csv", lambda track, recording, duration: write(track), read)

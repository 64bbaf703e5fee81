"""Pitch contours: time in seconds and fundamental frequency in Hz, a pair a line, as pYIN, CREPE, Praat or NumPy tables have them."""

from __future__ import annotations

import math
from pathlib import Path

from model_lab.errors import BadManifest
from model_lab.formats.plain import lines

_SEPARATORS = ("\t", ";", ",")


def read(path: Path) -> tuple[list[float], list[float]]:
    """Times and frequencies; 0 Hz is unvoiced, and so is nan, which some trackers write instead. Further columns are not read.

    Lines that begin with # are comments, and the first line may be headings. Raises `BadManifest`, naming the line, for anything
    else that is not two numbers.
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

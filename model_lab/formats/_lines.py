"""Reading formats of one entry a line, whose fields are separated by spaces: RTTM, CTM, STM and UEM."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from model_lab.errors import BadManifest
from model_lab.formats.plain import lines

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Line:
    """A line of a file, cut at its spaces.

    Attributes:
        fields: Its fields; at least one.
        text: The line as it stands.
        origin: ``FILE:LINE`` for messages.
    """

    fields: list[str]
    text: str
    origin: str

    def refused(self, why: str) -> BadManifest:
        """An error that shows the line: ``why`` goes on after it."""
        return BadManifest(f"{self.origin}: {self.text[:80]!r} {why}")


def entries(path: Path) -> Iterator[Line]:
    """The lines of a file that are neither blank nor comments (which begin with ;;).

    Raises:
        BadManifest: Unless the file is text in UTF-8.
    """
    for number, line in lines(path):
        fields = line.split()
        if not fields[0].startswith(";;"):
            yield Line(fields, line, f"{path}:{number}")


def grouped(path: Path, parse: Callable[[Line], tuple[str, Entry] | None]) -> dict[str, tuple[Entry, ...]]:
    """The entries of a file by recording, in the file's order.

    Args:
        path: The file.
        parse: Returns the recording and the entry of a line, or None if it has none.
    """
    by_recording: dict[str, list[Entry]] = {}
    for line in entries(path):
        if parsed := parse(line):
            by_recording.setdefault(parsed[0], []).append(parsed[1])
    return {name: tuple(found) for name, found in by_recording.items()}


def number(line: Line, place: int, form: str) -> float:
    """The number in the field at ``place``, from 0.

    Raises:
        BadManifest: If it is not one; ``form`` says what a line is expected to be.
    """
    try:
        return float(line.fields[place])
    except ValueError:
        raise line.refused(f"has {line.fields[place][:40]!r} where a number of seconds is expected: {form}") from None


def stretch(line: Line, start: float, end: float, form: str, *, empty: bool = False) -> tuple[float, float]:
    """``start`` and ``end`` in seconds.

    Raises:
        BadManifest: Unless 0 <= start < end and both are finite; with ``empty`` the end may be the start.
    """
    if not (0 <= start < math.inf and (start < end or (empty and start == end)) and end < math.inf):
        raise line.refused(f"is {start:g}-{end:g} s; expected 0 <= start {'<=' if empty else '<'} end in seconds: {form}")
    return start, end


def of_recording(by_recording: Mapping[str, Sequence[Entry]], recording: str, path: Path) -> tuple[Entry, ...]:
    """The entries of one recording out of a file that may hold several.

    Args:
        by_recording: What the file holds.
        recording: The name of a sound file without its suffix; a space in it is written _ in the file.
        path: The file, for messages.

    Raises:
        BadManifest: If the file holds only other recordings.
    """
    for name in (recording, recording.replace(" ", "_")):
        if name in by_recording:
            return tuple(by_recording[name])
    raise BadManifest(
        f"{path} holds {', '.join(sorted(by_recording))[:80]}; expected {recording} (the name of the sound file) among them"
    )

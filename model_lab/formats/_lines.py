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
class FieldLine:
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
        """An error that shows the line.

        Args:
            why: What is wrong with it: goes on after the line.

        Returns:
            The error, to be raised.
        """
        return BadManifest(f"{self.origin}: {self.text[:80]!r} {why}")


def entries(path: Path) -> Iterator[FieldLine]:
    """The lines of a file that are neither blank nor comments (which begin with ;;).

    Args:
        path: The file.

    Yields:
        Its lines, in order.

    Raises:
        BadManifest: Unless the file is text in UTF-8.
    """
    for number, line in lines(path):
        fields = line.split()
        if not fields[0].startswith(";;"):
            yield FieldLine(fields, line, f"{path}:{number}")


def grouped(path: Path, parse: Callable[[FieldLine], tuple[str, Entry] | None]) -> dict[str, tuple[Entry, ...]]:
    """The entries of a file by recording, in the file's order.

    Args:
        path: The file.
        parse: Returns the recording and the entry of a line, or None if it has none.

    Returns:
        The entries by the name of their recording.
    """
    by_recording: dict[str, list[Entry]] = {}
    for line in entries(path):
        if parsed := parse(line):
            by_recording.setdefault(parsed[0], []).append(parsed[1])
    return {name: tuple(listed) for name, listed in by_recording.items()}


def number(line: FieldLine, place: int, form: str) -> float:
    """The number in a field.

    Args:
        line: The line.
        place: Which field, from 0.
        form: What a line is expected to be, for the message.

    Returns:
        The number; it may be nan or infinite.

    Raises:
        BadManifest: If it is not a number.
    """
    try:
        return float(line.fields[place])
    except ValueError:
        raise line.refused(f"has {line.fields[place][:40]!r} where a number of seconds is expected: {form}") from None


def stretch(line: FieldLine, start: float, end: float, form: str, *, empty: bool = False) -> tuple[float, float]:
    """Where a line says that something starts and ends.

    Args:
        line: The line, for the message.
        start: Seconds.
        end: Seconds.
        form: What a line is expected to be, for the message.
        empty: Whether the end may be the start.

    Returns:
        ``start`` and ``end``.

    Raises:
        BadManifest: Unless 0 <= start < end and both are finite.
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

    Returns:
        The entries of that recording.

    Raises:
        BadManifest: If the file holds only other recordings.
    """
    for name in (recording, recording.replace(" ", "_")):
        if name in by_recording:
            return tuple(by_recording[name])
    raise BadManifest(
        f"{path} holds {', '.join(sorted(by_recording))[:80]}; expected {recording} (the name of the sound file) among them"
    )

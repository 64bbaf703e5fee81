"""What the header of a WAV, W64 or CAF says about the length of its sound, and whether the file bears it out.

FFmpeg believes the length in the header of a WAV, and does not tell where a W64 or CAF is shorter than its own. A recorder that died
leaves 0 there, or what it had written a minute before; a program that writes to a pipe leaves some huge number; a WAV above 4 GiB
wraps around.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_WAVES = {b"RIFF": "<", b"RF64": "<", b"BW64": "<", b"RIFX": ">"}
_ELSEWHERE = 0xFFFFFFFF
_MARKS, _NEAR = (1 << 31, 1 << 32), 1 << 16
"""Who does not know a length writes the largest that there is, less what stands before the sound."""
_TRAILERS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICS")
_PADDING = 1 << 16
"""So many zeros behind the sound fill up a block of some medium."""

Chunk = tuple[bytes, int, int]
"""Its name, its size (-1: not known), and where its content begins."""


@dataclass(frozen=True)
class Header:
    """``stated``: bytes of sound by the header, None where its writer did not know; ``held``: bytes from there to the end of the file.

    ``goes_on``: the sound of a WAV goes on behind the stated length. ``bytes_per_second``: as a WAV has it; else 0.
    """

    stated: int | None
    held: int
    goes_on: bool = False
    bytes_per_second: int = 0

    @property
    def cut_off(self) -> bool:
        """The file ends before the sound that its header states."""
        return self.stated is not None and self.held < self.stated

    @property
    def empty(self) -> bool:
        """There is no sound in it."""
        return self.held == 0 or (self.stated == 0 and self.bytes_per_second > 0 and not self.goes_on)

    @property
    def seconds(self) -> float:
        """How long the sound is stated to be; 0 if that is not known."""
        return 0.0 if self.goes_on or not self.bytes_per_second else (self.stated or 0) / self.bytes_per_second


def header(path: Path) -> Header | None:
    """The header of a WAV (RIFF, RIFX, RF64, BW64), W64 or CAF; None for any other file."""
    with path.open("rb") as file:
        form = file.read(12)
        whole = os.fstat(file.fileno()).st_size
        if form[:4] in _WAVES and form[8:] == b"WAVE":
            return _wave(file, _WAVES[form[:4]], whole)
        if form[:4] in (b"riff", b"caff"):
            chunks = _w64(file) if form[:4] == b"riff" else _caf(file)
            place = next(((size, start) for name, size, start in chunks if name == b"data"), None)
            return place and Header(place[0] if place[0] > 0 else None, whole - place[1])
    return None


def _wave(file: BinaryIO, order: str, whole: int) -> Header | None:
    bytes_per_second, long_size = 0, None
    while len(head := file.read(8)) == 8:
        name, size, start = head[:4], struct.unpack(f"{order}I", head[4:])[0], file.tell()
        if name == b"data":
            stated = long_size if size == _ELSEWHERE and long_size is not None else size
            held = whole - start
            if stated > held and any(abs(stated - mark) < _NEAR for mark in _MARKS):
                return Header(None, held, False, bytes_per_second)
            return Header(stated, held, _goes_on(file, start + stated, stated, whole, bytes_per_second), bytes_per_second)
        if name == b"fmt " and len(form := file.read(12)) == 12:
            bytes_per_second = struct.unpack(f"{order}I", form[8:])[0]
        elif name == b"ds64" and len(sizes := file.read(16)) == 16:
            long_size = struct.unpack("<Q", sizes[8:])[0]
        file.seek(start + size + size % 2)
    return None


def _goes_on(file: BinaryIO, end: int, stated: int, whole: int, bytes_per_second: int) -> bool:
    """Whether what stands behind the stated length is sound: neither chunks nor tags nor padding."""
    end += stated % 2
    rest = whole - end
    if rest < (bytes_per_second // 10 if stated else 1):
        return False
    file.seek(end)
    ahead = file.read(_PADDING)
    name, size = ahead[:4], int.from_bytes(ahead[4:8], "little")
    if name.isascii() and name.decode("ascii").isprintable() and size <= rest:
        return False
    return not ahead.startswith(_TRAILERS) and (not stated or rest > len(ahead) or any(ahead))


def _w64(file: BinaryIO) -> Iterator[Chunk]:
    file.seek(40)
    while len(head := file.read(24)) == 24:
        size, start = max(0, struct.unpack("<q", head[16:])[0] - 24), file.tell()
        yield head[:4], size, start
        file.seek(start + (size + 7) // 8 * 8)


def _caf(file: BinaryIO) -> Iterator[Chunk]:
    file.seek(8)
    while len(head := file.read(12)) == 12:
        size, start = struct.unpack(">q", head[4:])[0], file.tell()
        yield head[:4], size, start
        file.seek(start + max(0, size))

"""What the header of a WAV says about the length of its sound, and whether the file bears it out.

FFmpeg believes the length in the header of a WAV and of no other kind of file. A recorder that died leaves 0 there, or what it had
written a minute before; a program that writes to a pipe leaves some huge number; a file above 4 GiB wraps around.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_ORDER = {b"RIFF": "<", b"RF64": "<", b"BW64": "<", b"RIFX": ">"}
_ELSEWHERE = 0xFFFFFFFF
_UNKNOWN = 0x7FFFF000
"""A length from here on, in a file that is shorter, means that the writer did not know it."""
_TRAILERS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICS")
_PADDING = 1 << 16
"""So many zeros behind the sound fill up a block of some medium."""


@dataclass(frozen=True)
class Header:
    """``stated``: bytes of sound by the header, None where its writer did not know; ``held``: bytes from there to the end of the file.

    ``goes_on``: sound goes on behind the stated length. ``bytes_per_second``: as the header has it; 0 where it has none.
    """

    stated: int | None
    held: int
    goes_on: bool
    bytes_per_second: int

    @property
    def cut_off(self) -> bool:
        """The file ends before the sound that its header states."""
        return self.stated is not None and self.held < self.stated

    @property
    def empty(self) -> bool:
        """There is no sound in it."""
        return self.held == 0 or (self.stated == 0 and not self.goes_on)

    @property
    def seconds(self) -> float:
        """How long the sound is stated to be; 0 if that is not known."""
        return 0.0 if self.goes_on or not self.bytes_per_second else (self.stated or 0) / self.bytes_per_second


def header(path: Path) -> Header | None:
    """The header of a WAV (RIFF, RIFX, RF64, BW64); None for any other file."""
    with path.open("rb") as file:
        form = file.read(12)
        order = _ORDER.get(form[:4])
        if order is None or form[8:] != b"WAVE":
            return None
        whole, bytes_per_second, long_size = os.fstat(file.fileno()).st_size, 0, None
        while len(head := file.read(8)) == 8:
            name, size, place = head[:4], struct.unpack(f"{order}I", head[4:])[0], file.tell()
            if name == b"data":
                stated = long_size if size == _ELSEWHERE and long_size is not None else size
                return _found(file, place, stated, whole, bytes_per_second)
            if name == b"fmt " and len(form := file.read(12)) == 12:
                bytes_per_second = struct.unpack(f"{order}I", form[8:])[0]
            elif name == b"ds64" and len(sizes := file.read(16)) == 16:
                long_size = struct.unpack("<Q", sizes[8:])[0]
            file.seek(place + size + size % 2)
    return None


def _found(file: BinaryIO, start: int, stated: int, whole: int, bytes_per_second: int) -> Header:
    held = whole - start
    if stated > held and stated >= _UNKNOWN:
        return Header(None, held, False, bytes_per_second)
    return Header(stated, held, _goes_on(file, start, stated, whole, bytes_per_second), bytes_per_second)


def _goes_on(file: BinaryIO, start: int, stated: int, whole: int, bytes_per_second: int) -> bool:
    """Whether what stands behind the stated length is sound: neither chunks nor tags nor padding."""
    end = start + stated + stated % 2
    rest = whole - end
    if rest < (bytes_per_second // 10 if stated else 1):
        return False
    file.seek(end)
    ahead = file.read(_PADDING)
    name, size = ahead[:4], int.from_bytes(ahead[4:8], "little")
    if name.isascii() and name.decode("ascii").isprintable() and size <= rest:
        return False
    return not ahead.startswith(_TRAILERS) and (not stated or rest > len(ahead) or any(ahead))

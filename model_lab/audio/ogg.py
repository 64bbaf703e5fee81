"""The links of a chained Ogg (RFC 3533): streams one after the other in one file, each in a form of its own.

FFmpeg gives up where the form changes, and loses the beginning of a Vorbis stream; libsndfile reads the first link alone.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO

_HEAD = 27
_FIRST_PAGE, _LAST_PAGE = 0x02, 0x04


def links(path: Path) -> list[tuple[int, int]]:
    """Where each link begins and ends, in bytes; none for a file that is no Ogg, has several streams at once, or is damaged."""
    size, begins = path.stat().st_size, list[int]()
    with path.open("rb") as file:
        place, stream, expected = 0, b"", 0
        while place < size:
            file.seek(place)
            head = file.read(_HEAD)
            if len(head) < _HEAD or head[:4] != b"OggS":
                return []
            goes_on, stream, number = head[14:18] == stream, head[14:18], int.from_bytes(head[18:22], "little")
            if head[5] & _FIRST_PAGE:
                begins.append(place)
            elif not goes_on or number != expected:
                return []
            expected = number + 1
            place += _HEAD + head[26] + sum(file.read(head[26]))
    return list(zip(begins, [*begins[1:], size], strict=True))


def ended(path: Path, links: list[tuple[int, int]]) -> bool:
    """Whether the last page of the last link says that it is the last."""
    flags = 0
    with path.open("rb") as file:
        place, size = links[-1]
        while place < size:
            file.seek(place)
            head = file.read(_HEAD)
            flags, place = head[5], place + _HEAD + head[26] + sum(file.read(head[26]))
    return place == size and bool(flags & _LAST_PAGE)


class Link(io.RawIOBase):
    """Some bytes of a file, as a file."""

    def __init__(self, file: BinaryIO, begin: int, end: int) -> None:
        self._file, self._begin, self._size, self._place = file, begin, end - begin, 0

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte of the link."""
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def tell(self) -> int:
        """The byte that is read next."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """The bytes from there."""
        self._file.seek(self._begin + self._place)
        data = self._file.read(max(0, min(len(buffer), self._size - self._place)))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

"""Parses the pages of an Ogg file (RFC 3533) and the links of a chained one: consecutive streams, each with its own format.

FFmpeg stops where the format changes, and loses the beginning of a Vorbis stream; libsndfile reads only the first link; both skip a
page with a wrong checksum, and do not report it where it is the last.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

_MARK, _HEAD = b"OggS", 27
_FIRST_PAGE, _LAST_PAGE = 0x02, 0x04
_CHUNK = 1 << 16
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Ogg:
    """The structure of an Ogg file.

    ``links``: begin and end of each link in bytes; empty where streams are multiplexed. ``damaged``: whether pages are broken or missing.
    ``ended``: whether every stream has its end mark.
    """

    links: tuple[tuple[int, int], ...]
    damaged: bool
    ended: bool


def read(path: Path) -> Ogg | None:
    """The structure of an Ogg file; None for any other file. Data between links or after the last one is not damage."""
    with path.open("rb") as file:
        if file.read(4) != _MARK:
            return None
        links: list[list[int]] = []
        running, last = dict[bytes, int](), b""
        multiplexed, damaged = False, False
        for begin, page in _pages(file):
            if not page:
                damaged |= bool(running)
                continue
            stream, number = page[14:18], int.from_bytes(page[18:22], "little")
            if page[5] & _FIRST_PAGE:
                links.append([begin, begin])
            elif stream in running:
                damaged |= number != running[stream] + 1
                multiplexed |= stream != last
            else:
                multiplexed = True  # a page of a stream that has ended or never started
            running[stream], last = number, stream
            if page[5] & _LAST_PAGE:
                del running[stream]
            if links:
                links[-1][1] = begin + len(page)
        alone = not multiplexed and not damaged and links and links[0][0] == 0
        return Ogg(tuple((begin, end) for begin, end in links) if alone else (), damaged, not running)


def _pages(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The offset and bytes of each page, empty for a wrong checksum. An incomplete page at the end of the file is left out."""
    place = 0
    while (place := _next(file, place)) >= 0:
        file.seek(place)
        head = file.read(_HEAD)
        sizes = file.read(head[26]) if len(head) == _HEAD else b""
        if len(head) < _HEAD or len(sizes) < head[26]:
            return
        body = file.read(sum(sizes))
        if len(body) == sum(sizes) and head[22:26] == _checksum(head[:22] + bytes(4) + head[26:] + sizes + body):
            yield place, head + sizes + body
            place = file.tell()
        elif len(body) < sum(sizes) and _next(file, place + 4) < 0:
            return
        else:
            yield place, b""
            place += 4


def _next(file: BinaryIO, place: int) -> int:
    """The offset of the next page marker; -1 if there is none."""
    file.seek(place)
    buffer = b""
    while chunk := file.read(_CHUNK):
        buffer += chunk
        if (offset := buffer.find(_MARK)) >= 0:
            return place + offset
        place, buffer = place + len(buffer) - 3, buffer[-3:]
    return -1


def _checksum(page: bytes) -> bytes:
    """The CRC of Ogg, which processes the bits of each byte in the opposite order to that of zip files."""
    crc = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return bytes(_REVERSED[byte] for byte in crc.to_bytes(4, "big"))


class Link(io.RawIOBase):
    """A range of bytes of a file, as a file."""

    def __init__(self, file: BinaryIO, begin: int, end: int) -> None:
        self._file, self._begin, self._size, self._place = file, begin, end - begin, 0

    def seekable(self) -> bool:
        """Whether it supports random access: always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position in the link."""
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def tell(self) -> int:
        """The current position."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Read bytes from the current position."""
        self._file.seek(self._begin + self._place)
        data = self._file.read(max(0, min(len(buffer), self._size - self._place)))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

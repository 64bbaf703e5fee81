"""The pages of an Ogg (RFC 3533), and the links of a chained one: streams one after the other in one file, each in a form of its own.

FFmpeg gives up where the form changes, and loses the beginning of a Vorbis stream; libsndfile reads the first link alone; both leave
out a page that does not fit its checksum, and say nothing where it is the last.
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
    """``links``: where each link begins and ends, in bytes; none where several streams are sent at once.

    ``damaged``: pages are broken or missing. ``ended``: every stream has the mark of its end.
    """

    links: tuple[tuple[int, int], ...]
    damaged: bool
    ended: bool


def read(path: Path) -> Ogg | None:
    """What the pages of an Ogg say; None for any other file. What stands between links or behind the last is no damage."""
    with path.open("rb") as file:
        if file.read(4) != _MARK:
            return None
        links: list[list[int]] = []
        running, last = dict[bytes, int](), b""
        together, damaged = False, False
        for begin, page in _pages(file):
            if not page:
                damaged |= bool(running)
                continue
            stream, number = page[14:18], int.from_bytes(page[18:22], "little")
            if page[5] & _FIRST_PAGE:
                links.append([begin, begin])
            elif stream in running:
                damaged |= number != running[stream] + 1
                together |= stream != last
            else:
                together = True  # a page of a stream that has ended, or never began
            running[stream], last = number, stream
            if page[5] & _LAST_PAGE:
                del running[stream]
            if links:
                links[-1][1] = begin + len(page)
        alone = not together and not damaged and links and links[0][0] == 0
        return Ogg(tuple((begin, end) for begin, end in links) if alone else (), damaged, not running)


def _pages(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Where each page begins, and its bytes: none for one that does not fit its checksum. A page that the file ends in is left out."""
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
    """Where the next mark of a page is; -1 if there is none."""
    file.seek(place)
    held = b""
    while chunk := file.read(_CHUNK):
        held += chunk
        if (found := held.find(_MARK)) >= 0:
            return place + found
        place, held = place + len(held) - 3, held[-3:]
    return -1


def _checksum(page: bytes) -> bytes:
    """That of Ogg takes the bits of each byte in the other order than that of zip files."""
    turned = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return bytes(_REVERSED[byte] for byte in turned.to_bytes(4, "big"))


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

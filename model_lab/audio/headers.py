"""What the header of a WAV, W64, CAF, AIFF or AU says about the length of its sound, and whether the file bears it out.

FFmpeg believes the length in most of them, and does not tell where a W64 or CAF is shorter than its own. A recorder that died
leaves 0 there, or what it had written a minute before; a program that writes to a pipe leaves some huge number; a WAV above 4 GiB
wraps around.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

_WAVES = {b"RIFF": "<", b"RF64": "<", b"BW64": "<", b"RIFX": ">"}
_ELSEWHERE = 0xFFFFFFFF
_GSM = 0x31
"""Where the sound of a WAV has an odd number of bytes in this codec, libsndfile decodes the byte behind it, loudly."""
_MARKS, _NEAR = (1 << 31, 1 << 32, 0x7F000000), 1 << 16
"""Who does not know a length writes the largest that there is, less what stands before the sound; SoX has one of its own for AIFF."""
_ENDLESS = 1 << 62
_SLACK, _SLACK_S = 0.05, 0.1
"""So much of the sound may be missing before a WAV is called cut off: there are programs that count its header, too."""
_TRAILERS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICS")
_PADDING = 1 << 16
"""So many zeros behind the sound fill up a block of some medium."""

Chunk = tuple[bytes, int, int]
"""Its name, its size (-1: not known), and where its content begins."""


@dataclass(frozen=True)
class Header:
    """``stated``: bytes of sound by the header, None where its writer did not know; ``held``: bytes from there to the end of the file.

    ``goes_on``: the sound of a WAV goes on behind the stated length. ``joined``: another sound stands behind it. ``bytes_per_second``:
    as a WAV has it; else 0. ``exact``: libsndfile reads what is there. ``mended``: what FFmpeg is to read instead, by its place.
    """

    stated: int | None
    held: int
    goes_on: bool = False
    bytes_per_second: int = 0
    joined: bool = False
    exact: bool = False
    mended: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """Bytes of sound that the header states and the file does not hold."""
        return max(0, (self.stated or 0) - self.held)

    @property
    def cut_off(self) -> bool:
        """The file ends before the sound that its header states, by more than a miscount."""
        return self.missing > min(_SLACK * (self.stated or 0), _SLACK_S * self.bytes_per_second)

    @property
    def empty(self) -> bool:
        """There is no sound in it."""
        return self.held == 0 or (self.stated == 0 and self.bytes_per_second > 0 and not self.goes_on)


def header(path: Path) -> Header | None:
    """The header of a WAV (RIFF, RIFX, RF64, BW64), W64 or CAF, or of an AIFF or AU whose length nobody knew; None for any other file."""
    with path.open("rb") as file:
        form = file.read(12)
        whole = os.fstat(file.fileno()).st_size
        if form[:4] in _WAVES and form[8:] == b"WAVE":
            return _wave(file, _WAVES[form[:4]], whole)
        if form[:4] in (b"riff", b"caff"):
            chunks = _w64(file) if form[:4] == b"riff" else _caf(file)
            place = next(((size, start) for name, size, start in chunks if name == b"data"), None)
            known = place and 0 < place[0] < _ENDLESS
            return place and Header(place[0] if known else None, whole - place[1], exact=form[:4] == b"riff")
        if form[:4] == b"FORM" and form[8:] in (b"AIFF", b"AIFC"):
            return _aiff(file, whole)
        if form[:4] == b".snd" and form[8:] == bytes(4):
            start = int.from_bytes(form[4:8], "big")
            return Header(None, max(0, whole - start), mended={8: b"\xff" * 4})
    return None


class RepairedFile(io.RawIOBase):
    """A file some of whose bytes are read as others."""

    def __init__(self, file: BinaryIO, mended: Mapping[int, bytes]) -> None:
        self._file, self._mended = file, mended

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte of the file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The byte that is read next."""
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        """The bytes from there."""
        begin = self._file.tell()
        data = bytearray(self._file.read(len(buffer)))
        for place, value in self._mended.items():
            for number, byte in enumerate(value, place - begin):
                if 0 <= number < len(data):
                    data[number] = byte
        buffer[: len(data)] = data
        return len(data)


def _wave(file: BinaryIO, order: str, whole: int) -> Header | None:
    bytes_per_second, long_size, codec = 0, None, 0
    while len(head := file.read(8)) == 8:
        name, size, start = head[:4], struct.unpack(f"{order}I", head[4:])[0], file.tell()
        if name == b"data":
            stated = long_size if size == _ELSEWHERE and long_size is not None else size
            held = whole - start
            if _unknown(stated, held):
                return Header(None, held, False, bytes_per_second)
            goes_on = _goes_on(file, start + stated, stated, whole, bytes_per_second)
            joined = not goes_on and _joined(file, start + stated + stated % 2, order)
            exact = bool(stated and bytes_per_second and not goes_on and codec != _GSM)
            return Header(stated, held, goes_on, bytes_per_second, joined, exact)
        if name == b"fmt " and len(form := file.read(12)) == 12:
            codec, bytes_per_second = struct.unpack(f"{order}H6xI", form)
        elif name == b"ds64" and len(sizes := file.read(16)) == 16:
            long_size = struct.unpack("<Q", sizes[8:])[0]
        file.seek(start + size + size % 2)
    return None


def _unknown(stated: int, held: int) -> bool:
    """Whether a length stands for one that its writer did not know."""
    return stated >= _ENDLESS or (stated > held and any(abs(stated - mark) < _NEAR for mark in _MARKS))


def _joined(file: BinaryIO, place: int, order: str) -> bool:
    """Whether a sound stands behind the first one, or behind the chunks that follow it."""
    file.seek(place)
    while len(head := file.read(8)) == 8:
        if head[:4] in _WAVES or head[:4] == b"data":
            return True
        size = struct.unpack(f"{order}I", head[4:])[0]
        file.seek(size + size % 2, io.SEEK_CUR)
    return False


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


def _aiff(file: BinaryIO, whole: int) -> Header | None:
    """That of an AIFF whose length nobody knew: FFmpeg is to read to the end of the file, and to count."""
    mended = dict[int, bytes]()
    while len(head := file.read(8)) == 8:
        name, size, start = head[:4], int.from_bytes(head[4:], "big"), file.tell()
        if name == b"COMM":
            mended[start + 2] = bytes(4)
        elif name == b"SSND":
            held = whole - start - 8
            if held > 0 and (size <= 8 or _unknown(size, held + 8)):
                return Header(None, held, mended={**mended, start - 4: min(held + 8, _ELSEWHERE).to_bytes(4, "big")})
            return None
        file.seek(start + size + size % 2)
    return None


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

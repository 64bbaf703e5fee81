"""Reads the audio length stated in the header of a WAV, W64, CAF, AIFF or AU, and checks it against the file.

FFmpeg trusts most of these lengths, and does not report a W64 or CAF that is shorter than stated. A recorder that crashed leaves 0 or
an outdated length; a program that writes to a pipe leaves a huge number; a WAV above 4 GiB wraps around.
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
"""For a WAV with an odd number of bytes in this codec, libsndfile decodes the padding byte as a loud sample."""
_MARKS, _NEAR = (1 << 31, 1 << 32, 0x7F000000), 1 << 16
"""Unknown lengths are written as the largest value, minus the size of the header; SoX uses its own value for AIFF."""
_ENDLESS = 1 << 62
_SLACK, _SLACK_S = 0.05, 0.1
"""Share and seconds of audio that may be missing before a WAV counts as truncated: some programs include the header."""
_TRAILERS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICS")
_PADDING = 1 << 16
"""Maximum number of zero bytes after the audio that count as padding of a storage block."""

Chunk = tuple[bytes, int, int]
"""Name, size (-1: unknown) and offset of the content of a chunk."""


@dataclass(frozen=True)
class Header:
    """The audio length by the header of a file.

    Attributes:
        stated: Bytes of audio by the header; None if unknown to its writer.
        held: Bytes from the beginning of the audio to the end of the file.
        continues: Whether the audio of a WAV continues beyond the stated length.
        bytes_per_second: As stated by a WAV; else 0.
        joined: Whether another recording follows.
        exact: Whether libsndfile reads exactly the stored samples.
        repairs: Bytes that FFmpeg must read in place of others, by offset.
    """

    stated: int | None
    held: int
    continues: bool = False
    bytes_per_second: int = 0
    joined: bool = False
    exact: bool = False
    repairs: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """Bytes of audio that the header states but the file does not have."""
        return max(0, (self.stated or 0) - self.held)

    @property
    def cut_off(self) -> bool:
        """Whether the file is shorter than its header states, by more than a miscount."""
        return self.missing > min(_SLACK * (self.stated or 0), _SLACK_S * self.bytes_per_second)

    @property
    def empty(self) -> bool:
        """Whether there is no audio in the file."""
        return self.held == 0 or (self.stated == 0 and self.bytes_per_second > 0 and not self.continues)


def header(path: Path) -> Header | None:
    """The header of a WAV (RIFF, RIFX, RF64, BW64), W64 or CAF, or of an AIFF or AU of unknown length; None for any other file."""
    with path.open("rb") as file:
        form = file.read(12)
        file_size = os.fstat(file.fileno()).st_size
        if form[:4] in _WAVES and form[8:] == b"WAVE":
            return _wave(file, _WAVES[form[:4]], file_size)
        if form[:4] in (b"riff", b"caff"):
            chunks = _w64(file) if form[:4] == b"riff" else _caf(file)
            data_chunk = next(((size, start) for name, size, start in chunks if name == b"data"), None)
            is_stated = data_chunk and 0 < data_chunk[0] < _ENDLESS
            return data_chunk and Header(
                data_chunk[0] if is_stated else None, file_size - data_chunk[1], exact=form[:4] == b"riff"
            )
        if form[:4] == b"FORM" and form[8:] in (b"AIFF", b"AIFC"):
            return _aiff(file, file_size)
        if form[:4] == b".snd" and form[8:] == bytes(4):
            start = int.from_bytes(form[4:8], "big")
            return Header(None, max(0, file_size - start), repairs={8: b"\xff" * 4})
    return None


class RepairedFile(io.RawIOBase):
    """A file with some bytes replaced on reading."""

    def __init__(self, file: BinaryIO, repairs: Mapping[int, bytes]) -> None:
        self._file, self._repairs = file, repairs

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def seekable(self) -> bool:
        """Whether it supports random access: always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position in the file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The current position."""
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        """Read bytes from the current position."""
        begin = self._file.tell()
        data = bytearray(self._file.read(len(buffer)))
        for place, value in self._repairs.items():
            for number, byte in enumerate(value, place - begin):
                if 0 <= number < len(data):
                    data[number] = byte
        buffer[: len(data)] = data
        return len(data)


def _wave(file: BinaryIO, order: str, file_size: int) -> Header | None:
    bytes_per_second, long_size, codec = 0, None, 0
    while len(head := file.read(8)) == 8:
        name, size, start = head[:4], struct.unpack(f"{order}I", head[4:])[0], file.tell()
        if name == b"data":
            stated = long_size if size == _ELSEWHERE and long_size is not None else size
            held = file_size - start
            if _unknown(stated, held):
                return Header(None, held, False, bytes_per_second)
            continues = _continues(file, start + stated, stated, file_size, bytes_per_second)
            joined = not continues and _joined(file, start + stated + stated % 2, order)
            exact = bool(stated and bytes_per_second and not continues and codec != _GSM)
            return Header(stated, held, continues, bytes_per_second, joined, exact)
        if name == b"fmt " and len(form := file.read(12)) == 12:
            codec, bytes_per_second = struct.unpack(f"{order}H6xI", form)
        elif name == b"ds64" and len(sizes := file.read(16)) == 16:
            long_size = struct.unpack("<Q", sizes[8:])[0]
        file.seek(start + size + size % 2)
    return None


def _unknown(stated: int, held: int) -> bool:
    """Whether a stated length means that its writer did not know it."""
    return stated >= _ENDLESS or (stated > held and any(abs(stated - mark) < _NEAR for mark in _MARKS))


def _joined(file: BinaryIO, place: int, order: str) -> bool:
    """Whether another recording follows the first one or its trailing chunks."""
    file.seek(place)
    while len(head := file.read(8)) == 8:
        if head[:4] in _WAVES or head[:4] == b"data":
            return True
        size = struct.unpack(f"{order}I", head[4:])[0]
        file.seek(size + size % 2, io.SEEK_CUR)
    return False


def _continues(file: BinaryIO, end: int, stated: int, whole: int, bytes_per_second: int) -> bool:
    """Whether audio follows the stated length, rather than chunks, tags or padding."""
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


def _aiff(file: BinaryIO, file_size: int) -> Header | None:
    """The header of an AIFF of unknown length, which FFmpeg must read to the end of the file."""
    repairs = dict[int, bytes]()
    while len(head := file.read(8)) == 8:
        name, size, start = head[:4], int.from_bytes(head[4:], "big"), file.tell()
        if name == b"COMM":
            repairs[start + 2] = bytes(4)
        elif name == b"SSND":
            held = file_size - start - 8
            if held > 0 and (size <= 8 or _unknown(size, held + 8)):
                return Header(None, held, repairs={**repairs, start - 4: min(held + 8, _ELSEWHERE).to_bytes(4, "big")})
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

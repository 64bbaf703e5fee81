"""Sound files that come as bytes: written as they are, under the extension of their content; and how long a file is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from model_lab.errors import BadAudio

_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (8, b"WAVE", ".wav"),
    (8, b"AIFF", ".aiff"),
    (8, b"AIFC", ".aiff"),
    (0, b"fLaC", ".flac"),
    (0, b"OggS", ".ogg"),
    (0, b"ID3", ".mp3"),
    (4, b"ftyp", ".m4a"),
    (0, b"caff", ".caf"),
    (0, b".snd", ".au"),
    (0, b"\x1aE\xdf\xa3", ".mka"),
    (0, b"NIST_1A", ".sph"),
)
"""Where a file format's mark is, the mark, and the extension. MP3 and AAC without a tag begin with a frame; see `extension`."""


@dataclass(frozen=True)
class Encoded:
    """A sound file that lies inside another file: its bytes, and the name that it has there, if any."""

    data: bytes = field(repr=False)
    name: str = ""


def extension(data: bytes) -> str:
    """The extension of a sound file by its first bytes, whatever it was called; empty if they are of no sound file.

    >>> extension(b"RIFF....WAVEfmt "), extension(bytes([255, 251, 144])), extension(b"<html>")
    ('.wav', '.mp3', '')
    """
    for place, mark, named in _MARKS:
        if data[place : place + len(mark)] == mark:
            return named
    if len(data) > 2 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return ".aac" if data[1] & 0x06 == 0 else ".mp3"
    return ""


def write(data: bytes, stem: Path) -> Path:
    """Write a sound file as it is; returns its path, ``stem`` with the extension of its content. Raises `BadAudio` if it is none."""
    named = extension(data)
    if not named:
        what = f"{len(data)} bytes that begin with {data[:12]!r}" if data else "0 bytes"
        raise BadAudio(f"the sound is {what}; expected a sound file (WAV, FLAC, MP3, Ogg, ...)")
    path = stem.with_name(stem.name + named)
    path.write_bytes(data)
    return path


def seconds(path: Path) -> float:
    """Duration of a file, counted by decoding all of it. Raises `BadAudio` if it cannot be decoded."""
    from model_lab.audio.decoding import opened

    with opened(path) as source:
        frames: int = sum(block.shape[1] for block in source.blocks())
        return frames / source.rate

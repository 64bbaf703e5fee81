"""Uploaded audio: checked before any model gets it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model_lab.audio.decoding import opened
from model_lab.errors import BadAudio, BadConfig
from model_lab.files import shown

_UNSAFE = re.compile(r"[^\w.-]+")
_MAX_NAME = 60
"""Characters of a file name; the file system counts bytes, up to four for each."""
_MAX_DECODED_MB = 750
"""Maximum memory of decoded audio for a model: about ten minutes of 5.1 at 48 kHz."""


def safe_name(name: str) -> str:
    """A file name without folders or characters that mean something to a shell, a browser or the file system.

    >>> safe_name("../../etc/<b>pass wd</b>.wav")
    'b_.wav'
    >>> safe_name("Übung 1.m4a")
    'Übung_1.m4a'
    >>> safe_name("..")
    'upload'
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return _UNSAFE.sub("_", last)[-_MAX_NAME:].strip("._") or "upload"


def seconds(path: Path) -> float:
    """Duration of a file by its header; 0 where that does not say. Raises `BadAudio` if it holds no audio."""
    _require_arrived(path)
    with named(path, path.name), opened(path) as source:
        return source.promised


def accepted(path: Path, megabytes: int, minutes: float) -> Path:
    """``path``, if it is within the limits. Raises `BadAudio` for what is not audio, is too large or too long."""
    size = path.stat().st_size / 1e6 if path.is_file() else 0.0
    if size > megabytes:
        raise BadAudio(f"{path.name} has {size:.0f} MB; the maximum is {megabytes}: cut it, or store it as FLAC or Opus")
    if (length := seconds(path)) > 60 * minutes:
        raise too_long(path.name, f"{length / 60:.1f}", minutes)
    return path


def too_long(name: str, lasts: str, minutes: float) -> BadAudio:
    """The error for audio that is longer than ``minutes``."""
    return BadAudio(f"{name} lasts {lasts} minutes; the maximum here is {minutes:g}: cut it into parts")


def decoded_seconds(path: Path, megabytes: int, minutes: float) -> float:
    """Duration in seconds, counted by decoding the file to its end; its header is not trusted. Raises `BadAudio` as `accepted` and
    `audio.read` do, and for audio that takes too much memory.
    """
    accepted(path, megabytes, minutes)
    with named(path, path.name), opened(path) as source:
        frames = 0
        for block in source.blocks():
            frames += block.shape[1]
            if frames > 60 * minutes * source.rate:
                raise too_long(path.name, f"more than {minutes:g}", minutes)
            if frames * source.channels * 4 > 1e6 * _MAX_DECODED_MB:
                raise BadAudio(
                    f"{path.name} takes more than {_MAX_DECODED_MB} MB when it is decoded; mix its channels down or lower its rate"
                )
        return frames / source.rate


@contextmanager
def named(path: Path, name: str) -> Iterator[None]:
    """Make a `BadAudio` show the file's name only, not where the server keeps it."""
    try:
        yield
    except BadAudio as error:
        raise BadAudio(str(error).replace(shown(path), name)) from None


def _require_arrived(path: Path) -> None:
    if not path.is_file():
        raise BadAudio(f"{path.name} has not arrived; upload it again")


def text(value: str, characters: int) -> str:
    """``value``, if it is neither empty nor too long. Raises `BadConfig`."""
    if not value.strip():
        raise BadConfig("the text is empty; type some text")
    if len(value) > characters:
        raise BadConfig(f"the text has {len(value)} characters; the maximum is {characters}: shorten it")
    return value

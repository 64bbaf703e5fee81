"""Sound that comes from outside: looked at before any model hears it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model_lab.audio.decoding import opened
from model_lab.errors import BadAudio, BadConfig
from model_lab.files import shown

_UNSAFE = re.compile(r"[^\w.-]+")
_NAME = 60
"""Characters of a file name; the file system counts bytes, up to four for each."""
_DECODED_MB = 750
"""So much memory a sound may take for a model: ten minutes of 5.1 at 48 kHz and not much more."""


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
    return _UNSAFE.sub("_", last)[-_NAME:].strip("._") or "upload"


def seconds(path: Path) -> float:
    """How long the sound of a file claims to be; 0 where its header does not say. Raises `BadAudio` if it holds no sound."""
    _require_arrived(path)
    with named(path, path.name), opened(path) as source:
        return source.promised


def accepted(path: Path, megabytes: int, minutes: float) -> Path:
    """``path``, if it may be worked on. Raises `BadAudio` for what is no sound, is too large or lasts too long."""
    size = path.stat().st_size / 1e6 if path.is_file() else 0.0
    if size > megabytes:
        raise BadAudio(f"{path.name} has {size:.0f} MB; at most {megabytes} are taken: cut it, or store it as FLAC or Opus")
    if (length := seconds(path)) > 60 * minutes:
        raise too_long(path.name, f"{length / 60:.1f}", minutes)
    return path


def too_long(name: str, lasts: str, minutes: float) -> BadAudio:
    """What is said of a sound that lasts so many minutes, where fewer are taken."""
    return BadAudio(f"{name} lasts {lasts} minutes; at most {minutes:g} are taken here: cut it into parts")


def heard(path: Path, megabytes: int, minutes: float) -> float:
    """Seconds of the sound, decoded to its end as a model will hear it, and counted: no header is believed. Raises `BadAudio` as
    `accepted` and `audio.read` do, and for what takes too much memory.
    """
    accepted(path, megabytes, minutes)
    with named(path, path.name), opened(path) as source:
        frames = 0
        for block in source.blocks():
            frames += block.shape[1]
            if frames > 60 * minutes * source.rate:
                raise too_long(path.name, f"more than {minutes:g}", minutes)
            if frames * source.channels * 4 > 1e6 * _DECODED_MB:
                raise BadAudio(
                    f"{path.name} takes more than {_DECODED_MB} MB when it is decoded; mix its channels down or lower its rate"
                )
        return frames / source.rate


@contextmanager
def named(path: Path, name: str) -> Iterator[None]:
    """Have a `BadAudio` call the file by its name alone: where the server keeps it is nobody's business."""
    try:
        yield
    except BadAudio as error:
        raise BadAudio(str(error).replace(shown(path), name)) from None


def _require_arrived(path: Path) -> None:
    if not path.is_file():
        raise BadAudio(f"{path.name} has not arrived; upload it again")


def text(said: str, characters: int) -> str:
    """``said``, if it is not empty nor too long. Raises `BadConfig`."""
    if not said.strip():
        raise BadConfig("the text is empty; type what is to be read or said")
    if len(said) > characters:
        raise BadConfig(f"the text has {len(said)} characters; at most {characters} are taken: shorten it")
    return said

"""Sound that comes from outside: looked at before any model hears it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model_lab import audio
from model_lab.errors import BadAudio, BadConfig

_UNSAFE = re.compile(r"[^\w.-]+")
_NAME = 60
"""Characters of a file name; the file system counts bytes, up to four for each."""
_LISTS = {"concat", "dash", "hls", "imf", "sdp"}
"""What FFmpeg takes for sound but is a list of other files, which may be anybody's."""
_DECODED_MB = 750
"""So much memory a sound may take for a model: ten minutes of 5.1 at 48 kHz and not much more."""
_one_at_a_time = threading.Lock()
"""Sounds are read whole, so that two would take twice the memory."""


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
    import av

    if not path.is_file():
        raise BadAudio(f"{path.name} has not arrived; upload it again")
    if not path.stat().st_size:
        raise BadAudio(f"{path.name} is empty (0 bytes); expected a sound file")
    if path.suffix.lower() == ".g722":
        return path.stat().st_size / 8000
    try:
        with av.open(str(path)) as media:
            if set(media.format.name.split(",")) & _LISTS:
                raise BadAudio(f"{path.name} is a list of other files ({media.format.long_name}); send the sound itself")
            if not media.streams.audio:
                raise BadAudio(f"{path.name} has no sound in it; expected a file with at least one audio track")
            if media.streams.audio[0].codec_context is None:
                raise BadAudio(
                    f"{path.name} has sound in a codec that FFmpeg does not know here; convert it, for example to flac"
                )
            return float(media.duration / av.time_base) if media.duration else 0.0
    except (av.error.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadAudio(f"{path.name} is not sound that can be decoded ({reason}); expected e.g. wav, flac, mp3 or m4a") from None


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
    """Seconds of the sound, read whole as a model will hear it. Raises `BadAudio` as `accepted` and `audio.read` do, and for
    what takes too much memory. A header that promises less than comes is not believed.
    """
    accepted(path, megabytes, minutes)
    with _one_at_a_time, named(path, path.name):
        _require_small(path, minutes)
        return audio.read(path).duration


@contextmanager
def named(path: Path, name: str) -> Iterator[None]:
    """Have a `BadAudio` call the file by its name alone: where the server keeps it is nobody's business."""
    try:
        yield
    except BadAudio as error:
        raise BadAudio(str(error).replace(str(path), name)) from None


def _require_small(path: Path, minutes: float) -> None:
    """Raises `BadAudio` for a sound that gets too long or too large while it is decoded. What cannot be decoded passes."""
    import av

    lasts = taken = 0.0
    try:
        with av.open(str(path), format="g722" if path.suffix.lower() == ".g722" else None) as media:
            for frame in media.decode(media.streams.audio[0]):
                lasts += frame.samples / frame.sample_rate
                taken += frame.samples * len(frame.layout.channels) * 4 / 1e6
                if lasts > 60 * minutes:
                    raise too_long(path.name, f"more than {minutes:g}", minutes)
                if taken > _DECODED_MB:
                    raise BadAudio(
                        f"{path.name} takes more than {_DECODED_MB} MB when it is decoded; mix its channels down or lower its rate"
                    )
    except (av.error.FFmpegError, ValueError):
        return


def text(said: str, characters: int) -> str:
    """``said``, if it is not empty nor too long. Raises `BadConfig`."""
    if not said.strip():
        raise BadConfig("the text is empty; type what is to be read or said")
    if len(said) > characters:
        raise BadConfig(f"the text has {len(said)} characters; at most {characters} are taken: shorten it")
    return said

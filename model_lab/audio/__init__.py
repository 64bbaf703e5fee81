"""The one place that reads and writes sound files.

Wav, flac, ogg, opus, mp3, aiff, m4a, webm, wma, raw G.722, the sound of a video: FFmpeg (through PyAV) decodes them, but for WAVs and
Ogg, which libsndfile decodes where it is exact (see `decoding`). The kind of file is taken from its content, never from its name, except
for raw streams that have no header.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_lab.audio.decoding import Decoder, nothing, opened
from model_lab.errors import BadAudio
from model_lab.files import shown
from model_lab.types import Audio, Phase

MAX_SECONDS = 4 * 3600.0
"""Longer recordings are refused: cut them into parts first."""

MAX_BYTES = 6 << 30
"""Decoded sound above this size (float32, all channels) is refused before memory is spent on it."""


@dataclass(frozen=True)
class Track:
    """A sound track of a file, counted from 1; 0 is the default one, or the first."""

    path: Path
    number: int = 0


@dataclass(frozen=True)
class DecodedAudio:
    """A sound, and what a listener should know about it, a sentence each."""

    sound: Audio
    notes: tuple[str, ...]


def read(path: Path | str, track: int = 0) -> Audio:
    """Read a sound file whole.

    Returns float32 samples, ``(frames,)`` for one channel, else ``(channels, frames)``, at the file's own rate; a ``track`` counts from
    1, 0 is the default one, or the first. Raises `BadAudio` if the file is missing, empty, not sound, damaged, truncated, too long, or
    holds NaN or infinite samples.
    """
    return _read(Path(path), track).sound


def heard(path: Path | str, track: int = 0) -> DecodedAudio:
    """As `read`, with what is to be said about the sound: other tracks, channels that cancel out, a header that was wrong."""
    found = _read(Path(path), track)
    if (louder := Phase.of(found.sound.samples).louder) is None:
        return found
    return DecodedAudio(found.sound, (*found.notes, cancelled(Path(path), louder)))


def cancelled(path: Path, louder: int) -> str:
    """What is said of channels of opposite phase."""
    return (
        f"the channels of {shown(path.name)} cancel out when they are averaged; where one channel is wanted, "
        f"the loudest one, {louder + 1}, is heard instead"
    )


def require_sound(audio: Audio, origin: str) -> None:
    """Raise `BadAudio`, naming ``origin``, unless ``audio`` has frames and all of them are finite."""
    if audio.frames == 0:
        raise nothing(origin)
    if not np.isfinite(audio.samples).all():
        bad = int(np.size(audio.samples) - np.isfinite(audio.samples).sum())
        raise BadAudio(f"{origin} holds {bad} samples that are NaN or infinite; write it again from a clean source")


def write(path: Path, audio: Audio) -> None:
    """Write ``audio`` losslessly as a 32-bit float WAV; the file appears whole or not at all."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    soundfile.write(partial, audio.samples.T, audio.sample_rate, format="WAV", subtype="FLOAT")
    partial.replace(path)


def _read(path: Path, track: int) -> DecodedAudio:
    with opened(path, track) as source:
        _require_short(path, source, source.promised, "by its header")
        held = np.empty((source.channels, round(source.promised * source.rate)), np.float32)
        frames = 0
        for block in source.blocks():
            end = frames + block.shape[1]
            _require_short(path, source, end / source.rate, "at least")
            if end > held.shape[1]:
                more = np.empty((source.channels, max(end, 2 * frames) - frames), np.float32)
                held = np.concatenate([held[:, :frames], more], axis=1)
            held[:, frames:end] = block
            frames = end
        samples = np.ascontiguousarray(held[0, :frames] if source.channels == 1 else held[:, :frames])
        return DecodedAudio(Audio(samples, source.rate), tuple(source.notes))


def _require_short(path: Path, source: Decoder, lasts: float, said: str) -> None:
    """Raise `BadAudio` for more than may be read whole; ``said``: how far that is known."""
    if lasts > MAX_SECONDS:
        raise BadAudio(
            f"{shown(path)} lasts {said} {lasts / 3600:.1f} hours; at most {MAX_SECONDS / 3600:.0f} can be read: cut it into parts"
        )
    size = lasts * source.channels * source.rate * 4
    if size > MAX_BYTES:
        raise BadAudio(
            f"{shown(path)} takes {said} {size / 2**30:.1f} GiB decoded; at most {MAX_BYTES / 2**30:.0f} can be read: cut it or mix it down"
        )

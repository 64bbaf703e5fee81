"""Reading and writing audio files: the only module that does.

WAV, FLAC, Ogg, Opus, MP3, AIFF, M4A, WebM, WMA, raw G.722 and the audio of videos: FFmpeg (through PyAV) decodes them, except for WAV and Ogg
files that libsndfile decodes exactly (see `decoding`). The format is detected from the content, never from the name, except for raw streams
without a header.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from model_lab.audio.decoding import Decoder, no_samples, opened
from model_lab.deprecation import renamed
from model_lab.errors import BadAudio
from model_lab.files import shown
from model_lab.types import Audio, Phase

MAX_SECONDS = 4 * 3600.0
"""Maximum length in seconds of a recording that is read whole."""

MAX_BYTES = 6 << 30
"""Maximum size in bytes of decoded audio (float32, all channels), checked before memory is allocated."""


@dataclass(frozen=True)
class Track:
    """One audio track of a file with several.

    Attributes:
        path: The file.
        number: Track number from 1; 0 is the default track, or the first.
    """

    path: Path
    number: int = 0


@dataclass(frozen=True)
class DecodedAudio:
    """Decoded audio with remarks about the file.

    Attributes:
        sound: The audio.
        notes: Remarks about the file, one sentence each.
    """

    sound: Audio
    notes: tuple[str, ...]


def read(path: Path | str, track: int = 0) -> Audio:
    """Read a whole audio file.

    Args:
        path: The file, in any format that FFmpeg or libsndfile decodes.
        track: Track number from 1; 0 is the default track, or the first.

    Returns:
        Audio at the file's own sample rate, float32: shape ``(frames,)`` for one channel, else ``(channels, frames)``; full scale
            is +-1.

    Raises:
        BadAudio: If the file is missing, empty, not audio, damaged, truncated, longer than `MAX_SECONDS`, larger than `MAX_BYTES`
            when decoded, or holds NaN or infinite samples.
    """
    return _read(Path(path), track).sound


def read_with_notes(path: Path | str, track: int = 0) -> DecodedAudio:
    """Read a whole audio file with remarks about it.

    Args:
        path: The file, as for `read`.
        track: Track number from 1; 0 is the default track, or the first.

    Returns:
        The audio with its notes: other tracks, channels that cancel out, a wrong header.

    Raises:
        BadAudio: As `read`.
    """
    decoded = _read(Path(path), track)
    if (louder := Phase.of(decoded.sound.samples).louder) is None:
        return decoded
    return DecodedAudio(decoded.sound, (*decoded.notes, cancelled(Path(path), louder)))


def cancelled(path: Path, louder: int) -> str:
    """Phrase the note on channels of opposite phase, which cancel out when averaged.

    Args:
        path: The file.
        louder: Index, from 0, of the loudest channel, which is used where one channel is needed.

    Returns:
        One sentence.
    """
    return (
        f"the channels of {shown(path.name)} cancel out when they are averaged; where one channel is needed, "
        f"the loudest one, {louder + 1}, is used instead"
    )


def require_sound(audio: Audio, origin: str) -> None:
    """Check that audio has samples and that all of them are finite.

    Args:
        audio: The audio.
        origin: What it is, named in the error.

    Raises:
        BadAudio: If there are no frames, or samples are NaN or infinite.
    """
    if audio.frames == 0:
        raise no_samples(origin)
    if not np.isfinite(audio.samples).all():
        bad = int(np.size(audio.samples) - np.isfinite(audio.samples).sum())
        raise BadAudio(f"{origin} holds {bad} samples that are NaN or infinite; write it again from a clean source")


def write(path: Path, audio: Audio) -> None:
    """Write audio losslessly as a 32-bit float WAV file; the file appears whole or not at all.

    Args:
        path: The file; missing folders are made, an existing file is replaced.
        audio: The audio, any number of channels.
    """
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    soundfile.write(partial, audio.samples.T, audio.sample_rate, format="WAV", subtype="FLOAT")
    partial.replace(path)


def _read(path: Path, track: int) -> DecodedAudio:
    with opened(path, track) as decoder:
        _require_short(path, decoder, decoder.promised, "by its header")
        buffer = np.empty((decoder.channels, round(decoder.promised * decoder.rate)), np.float32)
        frames = 0
        for block in decoder.blocks():
            end = frames + block.shape[1]
            _require_short(path, decoder, end / decoder.rate, "at least")
            if end > buffer.shape[1]:
                more = np.empty((decoder.channels, max(end, 2 * frames) - frames), np.float32)
                buffer = np.concatenate([buffer[:, :frames], more], axis=1)
            buffer[:, frames:end] = block
            frames = end
        samples = np.ascontiguousarray(buffer[0, :frames] if decoder.channels == 1 else buffer[:, :frames])
        return DecodedAudio(Audio(samples, decoder.rate), tuple(decoder.notes))


def _require_short(path: Path, decoder: Decoder, lasts: float, source_of_length: str) -> None:
    """Raise `BadAudio` for audio that is too long or too large to be read whole; ``source_of_length`` says how its length is known."""
    if lasts > MAX_SECONDS:
        raise BadAudio(
            f"{shown(path)} lasts {source_of_length} {lasts / 3600:.1f} hours; at most {MAX_SECONDS / 3600:.0f} can be read: cut it into parts"
        )
    size = lasts * decoder.channels * decoder.rate * 4
    if size > MAX_BYTES:
        raise BadAudio(
            f"{shown(path)} takes {source_of_length} {size / 2**30:.1f} GiB decoded; at most {MAX_BYTES / 2**30:.0f} can be read: cut it or mix it down"
        )


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"heard": "read_with_notes"})

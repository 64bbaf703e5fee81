"""The one place that reads and writes sound files.

libsndfile (through soundfile) reads wav, flac, ogg, opus, mp3 and aiff; FFmpeg (through PyAV) reads the rest: m4a, webm,
wma, raw G.722 and the sound of a video. The kind of file is taken from its content, never from its name, except for raw
streams that have no header.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from model_lab.errors import BadAudio
from model_lab.types import Audio, FloatArray

MAX_SECONDS = 4 * 3600.0
"""Longer recordings are refused: cut them into parts first."""

MAX_BYTES = 6 << 30
"""Decoded sound above this size (float32, all channels) is refused before memory is spent on it."""

_HEADERLESS = {".g722": "g722"}
_SIZE_NOTE = re.compile(r"^\s*data\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE)


def read(path: Path | str) -> Audio:
    """Read a sound file whole.

    Returns float32 samples, ``(frames,)`` for one channel, else ``(channels, frames)``, at the file's own rate.
    Raises `BadAudio` if the file is missing, empty, not sound, truncated, too long, or holds NaN or infinite samples.
    """
    path = Path(path)
    if not path.exists():
        raise BadAudio(f"{path} does not exist; check the path")
    if not path.is_file():
        raise BadAudio(f"{path} is not a file; name a sound file")
    if not os.access(path, os.R_OK):
        raise BadAudio(f"{path} cannot be read; check its permissions")
    if path.stat().st_size == 0:
        raise BadAudio(f"{path} is empty (0 bytes); expected a sound file")
    audio = _read_headerless(path) if path.suffix.lower() in _HEADERLESS else _read_by_content(path)
    require_sound(audio, str(path))
    return audio


def require_sound(audio: Audio, origin: str) -> None:
    """Raise `BadAudio`, naming ``origin``, unless ``audio`` has frames and all of them are finite."""
    if audio.frames == 0:
        raise BadAudio(f"{origin} holds 0 samples; expected at least one")
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


def promised_s(path: Path) -> float:
    """Seconds of sound that the header promises, where libsndfile reads the file: 0 where it does not.

    Raises `BadAudio` for a WAV that is shorter than its header says.
    """
    import soundfile

    try:
        found = soundfile.info(path)
    except soundfile.LibsndfileError:
        return 0.0
    _refuse_cut_off(path, found.extra_info)
    return float(found.frames / found.samplerate)


def _refuse_cut_off(path: Path, header: str) -> None:
    note = _SIZE_NOTE.search(header)
    if note and int(note[2]) < int(note[1]) < 0x7FFFF000:  # larger sizes mean "unknown": the file came from a pipe
        raise BadAudio(f"{path} is truncated: its header promises {note[1]} bytes of sound, it holds {note[2]}; copy it again")


def _read_by_content(path: Path) -> Audio:
    import soundfile

    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError:
        return _read_with_ffmpeg(path, None)
    with file:
        promised, rate = file.frames, int(file.samplerate)
        _refuse_too_long(path, promised / rate, file.channels, rate)
        _refuse_cut_off(path, file.extra_info)
        try:
            samples = file.read(dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise BadAudio(f"{path} is damaged or truncated ({str(error) or 'decoder error'}); copy it again") from None
    if len(samples) < 0.95 * promised:
        raise BadAudio(f"{path} is truncated: {len(samples)} of {promised} frames could be read; copy it again")
    return _audio(samples.T, rate)


def _read_headerless(path: Path) -> Audio:
    return _read_with_ffmpeg(path, _HEADERLESS[path.suffix.lower()])


def _read_with_ffmpeg(path: Path, container: str | None) -> Audio:
    import av
    from av.audio.resampler import AudioResampler

    try:
        with av.open(str(path), format=container) as media:
            if not media.streams.audio:
                raise BadAudio(f"{path} has no sound in it; expected a file with at least one audio track")
            stream = media.streams.audio[0]
            if media.duration:
                _refuse_too_long(path, media.duration / av.time_base, stream.channels, stream.rate)
            to_float = AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
            blocks: list[Any] = []
            for frame in media.decode(stream):
                blocks += [block.to_ndarray() for block in to_float.resample(frame)]
            blocks += [block.to_ndarray() for block in to_float.resample(None)]
            rate = int(stream.rate)
    except av.error.FFmpegError as error:
        raise BadAudio(
            f"{path} is not sound that can be decoded ({error.strerror}); expected e.g. wav, flac, mp3 or m4a"
        ) from None
    if not blocks:
        raise BadAudio(f"{path} holds 0 samples; expected at least one")
    return _audio(np.concatenate(blocks, axis=1), rate)


def _refuse_too_long(path: Path, seconds: float, channels: int, rate: int) -> None:
    if seconds > MAX_SECONDS:
        raise BadAudio(
            f"{path} lasts {seconds / 3600:.1f} hours; at most {MAX_SECONDS / 3600:.0f} can be read: cut it into parts"
        )
    size = seconds * channels * rate * 4
    if size > MAX_BYTES:
        raise BadAudio(
            f"{path} takes {size / 2**30:.1f} GiB decoded; at most {MAX_BYTES / 2**30:.0f} can be read: cut it or mix it down"
        )


def _audio(channels_first: FloatArray, rate: int) -> Audio:
    samples = channels_first[0] if channels_first.shape[0] == 1 else channels_first
    return Audio(np.ascontiguousarray(samples, dtype=np.float32), rate)

"""Any recording, hours long, decoded in a stream: the working copy is mono, 16 kHz, and never whole in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import cache
from model_lab.audio import promised_s
from model_lab.errors import BadAudio, StoreError
from model_lab.files import told
from model_lab.pipelines.conversation import Source
from model_lab.types import FloatArray

RATE = 16000
"""Hz of the working copy: what models of speech hear."""
_WHOLE = 0.95
"""A recording that gives less of what its header promises is truncated."""
_GUESSED = ("wav", "mp3", "aac", "g722")
"""Containers whose length FFmpeg may only have guessed from the size of the file."""
_EVERY_S = 10.0


def digest(path: Path) -> str:
    """The SHA-256 of a recording. Raises `BadAudio` if it is no file that can be read, or an empty one."""
    if not path.exists():
        raise BadAudio(f"{path} does not exist; check the path")
    if not path.is_file():
        raise BadAudio(f"{path} is not a file; name a recording")
    if not os.access(path, os.R_OK):
        raise BadAudio(f"{path} cannot be read; check its permissions")
    if path.stat().st_size == 0:
        raise BadAudio(f"{path} is empty (0 bytes); expected a recording")
    return cache.sha256(path)


def decode(path: Path, sha256: str, copy: Path, progress: Callable[[float, float], None]) -> Source:
    """Write the sound of ``path`` to ``copy``, a 32-bit float WAV that appears whole or not at all.

    The first audio track counts, its channels are averaged. ``progress`` is told the seconds decoded and promised (0: unknown).
    Raises `BadAudio` if it is not sound, has no audio track or a codec that FFmpeg does not know, is damaged or truncated, or holds
    NaN; `StoreError` if the disk refuses.
    """
    partial = copy.with_name(copy.name + ".partial")
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _refusals(path), told(copy), _opened(path) as (media, stream):
            promised = _promised(path, media, stream)
            seconds = _written(
                partial, _resampled(_mono(path, media, stream), stream.rate), lambda done: progress(done, promised)
            )
            found = Source(
                file=path.name,
                sha256=sha256,
                duration=seconds,
                sample_rate=stream.rate,
                channels=stream.codec_context.channels,
                codec=stream.codec_context.name,
            )
        if seconds == 0:
            raise BadAudio(f"{path} holds 0 samples; expected at least one")
        if seconds < _WHOLE * promised:
            raise BadAudio(
                f"{path} is truncated: its header promises {promised:.1f} s, {seconds:.1f} s could be read; copy it again"
            )
        partial.replace(copy)
    finally:
        partial.unlink(missing_ok=True)
    progress(seconds, seconds)
    return found


@contextmanager
def written(path: Path) -> Iterator[Any]:
    """A new mono WAV of `RATE` Hz, 32-bit float, whose ``write`` takes samples. Raises `StoreError` if the disk refuses."""
    import soundfile

    try:
        with soundfile.SoundFile(path, "w", RATE, 1, "FLOAT", format="WAV") as file:
            yield file
    except soundfile.LibsndfileError as error:
        raise StoreError(f"{path} cannot be written ({error}); free some disk space and run the same command again") from None


def _written(path: Path, blocks: Iterator[FloatArray], progress: Callable[[float], None]) -> float:
    """Write a WAV block by block; returns its seconds."""
    frames, told_s = 0, 0.0
    with written(path) as sound:
        for block in blocks:
            sound.write(block)
            frames += len(block)
            if frames / RATE - told_s >= _EVERY_S:
                told_s = frames / RATE
                progress(told_s)
    return frames / RATE


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    import av

    try:
        media = av.open(str(path))
    except av.error.FFmpegError as error:
        raise BadAudio(
            f"{path} is not a recording that can be decoded ({error.strerror}), or it was cut off; expected e.g. wav, m4a, mp3 or mp4"
        ) from None
    with media:
        if not media.streams.audio:
            raise BadAudio(f"{path} has no sound in it; expected a file with at least one audio track")
        stream = media.streams.audio[0]
        if stream.codec_context is None:
            raise BadAudio(f"{path} has sound in a codec that FFmpeg does not know here; convert it, for example to flac")
        yield media, stream


def _mono(path: Path, media: Any, stream: Any) -> Iterator[FloatArray]:
    """The mean of all channels, frame by frame, at the recording's own rate."""
    from av.audio.resampler import AudioResampler

    to_float = AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
    heard = 0
    for frame in media.decode(stream):
        for block in to_float.resample(frame):
            samples = block.to_ndarray().mean(axis=0, dtype=np.float32)
            if not np.isfinite(samples).all():
                second = heard / stream.rate
                raise BadAudio(
                    f"{path} holds samples that are NaN or infinite at {second:.1f} s; write it again from a clean source"
                )
            heard += len(samples)
            yield samples


def _resampled(blocks: Iterator[FloatArray], rate: int) -> Iterator[FloatArray]:
    import soxr

    stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _promised(path: Path, media: Any, stream: Any) -> float:
    """Seconds of sound as the header has it; 0 where it has none, or may have guessed."""
    import av

    if set(media.format.name.split(",")) & set(_GUESSED):
        return promised_s(path)
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return float(media.duration / av.time_base) if media.duration and len(media.streams) == 1 else 0.0


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn what FFmpeg cannot decode on the way into a `BadAudio`."""
    import av

    try:
        yield
    except av.error.FFmpegError as error:
        raise BadAudio(f"{path} is damaged or truncated ({error.strerror}); copy it again") from None
    except ValueError as error:  # PyAV's word for frames of another rate or layout than the ones before
        raise BadAudio(f"{path} changes its form on the way ({error}); convert it, for example to flac") from None

"""Decodes a recording of any length as a stream into a mono 16 kHz working copy, without loading it into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import cache
from model_lab.audio import cancelled
from model_lab.audio.decoding import Decoder, opened, require_file
from model_lab.errors import StoreError
from model_lab.files import translate_os_errors, utf8
from model_lab.pipelines.conversation import DECODER, SourceRecording
from model_lab.types import FloatArray, Phase

RATE = 16000
"""Sample rate of the working copy in Hz, the usual rate of speech models."""
_REPORT_INTERVAL_S = 10.0

Progress = Callable[[float, float], None]


def digest(path: Path) -> str:
    """The SHA-256 of a recording. Raises `BadAudio` if the file cannot be read or is empty."""
    require_file(path)
    return cache.sha256(path)


def decode(path: Path, sha256: str, copy: Path, progress: Progress, track: int = 0) -> SourceRecording:
    """Decode ``path`` to ``copy``, a mono 32-bit float WAV, written atomically.

    Args:
        path: Any audio or video file.
        sha256: Its digest.
        copy: The file to write.
        progress: Called with the decoded and the expected length in seconds (0: unknown).
        track: Audio track, from 1; 0 for the track marked as default, or the first.

    Returns:
        The description of the recording. Channels are averaged; where they cancel out, the loudest one is used, as in `Audio.mono`.

    Raises:
        BadAudio: As for `audio.read`, without a limit of the length.
        StoreError: The file cannot be written.
    """
    partial = copy.with_name(copy.name + ".partial")
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        with translate_os_errors(copy):
            phase = Phase()
            decoder, seconds = _write_wav(partial, path, track, _mean(phase), progress)
            notes = tuple(decoder.notes)
            if (louder := phase.louder) is not None:
                _write_wav(partial, path, track, lambda block: block[min(louder, len(block) - 1)][None], progress)
                notes += (cancelled(path, louder),)
            partial.replace(copy)
    finally:
        partial.unlink(missing_ok=True)
    progress(seconds, seconds)
    return SourceRecording(
        file=utf8(path.name),
        sha256=sha256,
        duration=seconds,
        sample_rate=decoder.rate,
        channels=decoder.channels,
        codec=decoder.codec,
        track=track,
        decoder=DECODER,
        notes=notes,
    )


def _mean(phase: Phase) -> Callable[[FloatArray], FloatArray]:
    """A function that averages the channels and updates ``phase``."""

    def mean(block: FloatArray) -> FloatArray:
        phase.add(block)
        averaged: FloatArray = block.mean(axis=0, dtype=np.float32, keepdims=True)
        return averaged

    return mean


def _write_wav(
    copy: Path, path: Path, track: int, mix: Callable[[FloatArray], FloatArray], progress: Progress
) -> tuple[Decoder, float]:
    """Write the track as a WAV, block by block; returns the decoder, and the length in seconds."""
    frames, reported_s = 0, 0.0
    with opened(path, track) as decoder, wav_writer(copy) as wav:
        for block in decoder.blocks(RATE, mix):
            wav.write(block[0])
            frames += block.shape[1]
            if frames / RATE - reported_s >= _REPORT_INTERVAL_S:
                reported_s = frames / RATE
                progress(reported_s, decoder.promised)
    return decoder, frames / RATE


@contextmanager
def wav_writer(path: Path) -> Iterator[Any]:
    """Open a new mono WAV of `RATE` Hz, 32-bit float, for writing samples. Raises `StoreError` if it cannot be written."""
    import soundfile

    try:
        with soundfile.SoundFile(path, "w", RATE, 1, "FLOAT", format="WAV") as file:
            yield file
    except soundfile.LibsndfileError as error:
        raise StoreError(f"{path} cannot be written ({error}); free some disk space and run the same command again") from None

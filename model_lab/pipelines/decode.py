"""Any recording, hours long, decoded in a stream: the working copy is mono, 16 kHz, and never whole in memory."""

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
"""Hz of the working copy: what models of speech hear."""
_EVERY_S = 10.0

Progress = Callable[[float, float], None]


def digest(path: Path) -> str:
    """The SHA-256 of a recording. Raises `BadAudio` if it is no file that can be read, or an empty one."""
    require_file(path)
    return cache.sha256(path)


def decode(path: Path, sha256: str, copy: Path, progress: Progress, track: int = 0) -> SourceRecording:
    """Write the sound of ``path`` to ``copy``, a 32-bit float WAV that appears whole or not at all.

    A ``track`` counts from 1, 0 is the default one, or the first. Its channels are averaged; where they cancel out, the loudest one is
    taken, as `Audio.mono` does. ``progress`` is told the seconds decoded and promised (0: unknown). Raises `BadAudio` as `audio.read` does,
    but for no length; `StoreError` if the disk refuses.
    """
    partial = copy.with_name(copy.name + ".partial")
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        with translate_os_errors(copy):
            phase = Phase()
            source, seconds = _written(partial, path, track, _mean(phase), progress)
            notes = tuple(source.notes)
            if (louder := phase.louder) is not None:
                _written(partial, path, track, lambda block: block[min(louder, len(block) - 1)][None], progress)
                notes += (cancelled(path, louder),)
            partial.replace(copy)
    finally:
        partial.unlink(missing_ok=True)
    progress(seconds, seconds)
    return SourceRecording(
        file=utf8(path.name),
        sha256=sha256,
        duration=seconds,
        sample_rate=source.rate,
        channels=source.channels,
        codec=source.codec,
        track=track,
        decoder=DECODER,
        notes=notes,
    )


def _mean(phase: Phase) -> Callable[[FloatArray], FloatArray]:
    """What averages the channels, and has their ``phase`` watched."""

    def mean(block: FloatArray) -> FloatArray:
        phase.add(block)
        averaged: FloatArray = block.mean(axis=0, dtype=np.float32, keepdims=True)
        return averaged

    return mean


def _written(
    copy: Path, path: Path, track: int, mix: Callable[[FloatArray], FloatArray], progress: Progress
) -> tuple[Decoder, float]:
    """Write the track as a WAV, block by block; returns how it was decoded, and its seconds."""
    frames, told_s = 0, 0.0
    with opened(path, track) as source, written(copy) as sound:
        for block in source.blocks(RATE, mix):
            sound.write(block[0])
            frames += block.shape[1]
            if frames / RATE - told_s >= _EVERY_S:
                told_s = frames / RATE
                progress(told_s, source.promised)
    return source, frames / RATE


@contextmanager
def written(path: Path) -> Iterator[Any]:
    """A new mono WAV of `RATE` Hz, 32-bit float, whose ``write`` takes samples. Raises `StoreError` if the disk refuses."""
    import soundfile

    try:
        with soundfile.SoundFile(path, "w", RATE, 1, "FLOAT", format="WAV") as file:
            yield file
    except soundfile.LibsndfileError as error:
        raise StoreError(f"{path} cannot be written ({error}); free some disk space and run the same command again") from None

"""The working copy of a recording, read by window and written chunk by chunk."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_lab.errors import BadAudio, StoreError
from model_lab.files import translate_os_errors
from model_lab.pipelines.chunks import Chunk
from model_lab.pipelines.decode import RATE, wav_writer
from model_lab.types import Audio, FloatArray

_WINDOW_S = 0.1


@dataclass(frozen=True)
class WorkingCopy:
    """A mono WAV of `RATE` Hz. ``key`` identifies its content: the same key means the same samples."""

    path: Path
    key: str

    @property
    def duration(self) -> float:
        """Length in seconds. Raises `StoreError` if the file cannot be read."""
        import soundfile

        try:
            return float(soundfile.info(self.path).frames / RATE)
        except soundfile.LibsndfileError as error:
            raise StoreError(f"{self.path} cannot be read ({error}); remove it and run the same command again") from None

    def read(self, start: float, end: float) -> Audio:
        """The samples between two times, in seconds."""
        import soundfile

        first, last = (round(moment * RATE) for moment in (start, end))
        with soundfile.SoundFile(self.path) as file:
            file.seek(min(first, file.frames))
            return Audio(file.read(max(0, last - first), dtype="float32"), RATE)

    def quietest(self, start: float, end: float) -> float:
        """The middle of the quietest 0.1 s between two times, in seconds."""
        samples = self.read(start, end).samples
        size = round(_WINDOW_S * RATE)
        count = len(samples) // size
        if count == 0:
            return (start + end) / 2
        loudness = np.square(samples[: count * size].reshape(count, size), dtype=np.float64).sum(axis=1)
        return start + (int(loudness.argmin()) + 0.5) * _WINDOW_S


def crossfade(path: Path, key: str, answers: Iterable[tuple[Chunk, Audio]]) -> WorkingCopy:
    """Write the answers of overlapping chunks as one file, with a linear crossfade over each overlap.

    ``answers`` are in order, each as long as its chunk. The file is written atomically. Raises `BadAudio` for an answer of another
    length.
    """
    partial = path.with_name(path.name + ".partial")
    with translate_os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with wav_writer(partial) as file:
            pending: FloatArray = np.zeros(0, np.float32)
            begin = 0
            for chunk, answer in answers:
                samples = answer.mono().resample(RATE).samples
                expected = round(chunk.end * RATE) - round(chunk.start * RATE)
                if len(samples) != expected:
                    raise BadAudio(f"the answer about {chunk} has {len(samples)} samples; expected {expected}")
                start = round(chunk.start * RATE)
                file.write(pending[: start - begin])
                overlap = pending[start - begin :]
                weight = np.linspace(0.0, 1.0, len(overlap), dtype=np.float32)
                pending = samples.copy()
                pending[: len(overlap)] = weight * pending[: len(overlap)] + (1 - weight) * overlap
                begin = start
            file.write(pending)
        os.replace(partial, path)
    return WorkingCopy(path, key)

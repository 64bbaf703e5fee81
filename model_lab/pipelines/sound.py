"""The working copy of a recording, read a window at a time, and written chunk by chunk."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_lab.errors import BadAudio, StoreError
from model_lab.files import translate_os_errors
from model_lab.pipelines.chunks import Chunk
from model_lab.pipelines.decode import RATE, written
from model_lab.types import Audio, FloatArray

_MOMENT_S = 0.1


@dataclass(frozen=True)
class WorkingCopy:
    """A mono WAV of `RATE` Hz. ``key`` says what is in it: the same key, the same samples."""

    path: Path
    key: str

    @property
    def duration(self) -> float:
        """Seconds; raises `StoreError` if the file cannot be read."""
        import soundfile

        try:
            return float(soundfile.info(self.path).frames / RATE)
        except soundfile.LibsndfileError as error:
            raise StoreError(f"{self.path} cannot be read ({error}); remove it and run the same command again") from None

    def read(self, start: float, end: float) -> Audio:
        """The samples between two moments (seconds)."""
        import soundfile

        first, last = (round(moment * RATE) for moment in (start, end))
        with soundfile.SoundFile(self.path) as file:
            file.seek(min(first, file.frames))
            return Audio(file.read(max(0, last - first), dtype="float32"), RATE)

    def quietest(self, start: float, end: float) -> float:
        """The middle of the quietest tenth of a second between two moments."""
        samples = self.read(start, end).samples
        size = round(_MOMENT_S * RATE)
        count = len(samples) // size
        if count == 0:
            return (start + end) / 2
        loudness = np.square(samples[: count * size].reshape(count, size), dtype=np.float64).sum(axis=1)
        return start + (int(loudness.argmin()) + 0.5) * _MOMENT_S


def faded(path: Path, key: str, answers: Iterable[tuple[Chunk, Audio]]) -> WorkingCopy:
    """Write what a model made of overlapping chunks as one sound, faded from each chunk to the next over all that they share.

    ``answers`` come in order, each as long as its chunk. The file appears whole or not at all. Raises `BadAudio` for an answer of
    another length.
    """
    partial = path.with_name(path.name + ".partial")
    with translate_os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with written(partial) as file:
            held: FloatArray = np.zeros(0, np.float32)
            begin = 0
            for chunk, answer in answers:
                samples = answer.mono().resample(RATE).samples
                expected = round(chunk.end * RATE) - round(chunk.start * RATE)
                if len(samples) != expected:
                    raise BadAudio(f"the answer about {chunk} has {len(samples)} samples; expected {expected}")
                start = round(chunk.start * RATE)
                file.write(held[: start - begin])
                shared = held[start - begin :]
                weight = np.linspace(0.0, 1.0, len(shared), dtype=np.float32)
                held = samples.copy()
                held[: len(shared)] = weight * held[: len(shared)] + (1 - weight) * shared
                begin = start
            file.write(held)
        os.replace(partial, path)
    return WorkingCopy(path, key)

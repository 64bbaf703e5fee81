"""Measures a sound file while decoding it once, block by block: an hour takes no more memory than a second."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from model_lab.audio.decoding import opened
from model_lab.datasets.checking import thresholds
from model_lab.datasets.checking._base import Measure
from model_lab.types import FloatArray


def measure(path: Path) -> Measure:
    """Measure a sound file.

    Args:
        path: The file, in any format that `model_lab.audio` reads.

    Returns:
        Its measures.

    Raises:
        BadAudio: It cannot be decoded.
    """
    with opened(path) as decoder:
        digest = hashlib.sha256(f"{decoder.rate} {decoder.channels}".encode())
        total, power = np.zeros(decoder.channels), np.zeros(decoder.channels)
        clipping = _Clipping(decoder.channels)
        frames = 0
        for block in decoder.blocks():
            digest.update(np.ascontiguousarray(block.T).tobytes())
            total += block.sum(axis=1, dtype=np.float64)
            power += np.square(block, dtype=np.float64).sum(axis=1)
            clipping.add(block, frames)
            frames += block.shape[1]
        clipping.end(frames)
        return Measure(
            seconds=frames / decoder.rate,
            rate=decoder.rate,
            levels=tuple(np.sqrt(power / frames).tolist()),
            offsets=tuple((total / frames).tolist()),
            clipped=clipping.count / (frames * decoder.channels),
            clipped_at=(clipping.first or 0) / decoder.rate,
            content=digest.hexdigest(),
            notes=tuple(decoder.notes),
        )


class _Clipping:
    """Counts the samples in runs at full scale; a run may go over the edge of a block."""

    def __init__(self, channels: int) -> None:
        self.count = 0
        self.first: int | None = None
        self._open = [0] * channels
        """Length of the run that reaches the end of the last block, for each channel."""

    def add(self, block: FloatArray, begin: int) -> None:
        """Count the runs of a block ``(channels, frames)`` that begins at frame ``begin``."""
        for channel, samples in enumerate(block):
            full = np.abs(samples) >= thresholds.FULL_SCALE
            carried, self._open[channel] = self._open[channel], 0
            if not carried and not full.any():
                continue
            edges = np.flatnonzero(np.diff(np.concatenate([[False], full, [False]]).astype(np.int8)))
            runs = [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
            if carried and not full[0]:
                self._close(carried, begin - carried)
            for start, end in runs:
                length = end - start + (carried if start == 0 else 0)
                if end == len(full):
                    self._open[channel] = length
                else:
                    self._close(length, begin + end - length)

    def end(self, frames: int) -> None:
        """Count the runs that reach the end of the file, which has so many frames."""
        for length in self._open:
            self._close(length, frames - length)

    def _close(self, length: int, start: int) -> None:
        if length >= thresholds.CLIPPED_RUN:
            self.count += length
            self.first = start if self.first is None else min(self.first, start)

"""Divides long audio into windows of the length that a network was trained on."""

from __future__ import annotations

from model_lab.types import FloatArray


def windows(samples: FloatArray, length: int) -> list[FloatArray]:
    """Consecutive windows of ``length`` samples; the last one ends with the audio. Shorter audio is one window.

    >>> import numpy as np
    >>> [window.tolist() for window in windows(np.arange(5, dtype=np.float32), 2)]
    [[0.0, 1.0], [2.0, 3.0], [3.0, 4.0]]
    """
    starts = [*range(0, len(samples) - length, length), max(0, len(samples) - length)]
    return [samples[start : start + length] for start in starts]

"""Divides long speech into windows for recognisers with limited input, cutting at quiet moments so that words stay intact."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model_lab.contract import ModelCard
from model_lab.errors import ModelLabError
from model_lab.types import Audio, FloatArray

_SHORTEST = 0.1
"""Minimum length in seconds; shorter audio gives networks no frame, or no meaningful one."""

_SEARCHED, _PAUSE = 0.25, 0.2
"""The last share of a window in which the quietest moment is searched, and the length of that moment in seconds."""


def speech(card: ModelCard, audio: Audio, rate: int) -> FloatArray:
    """The mono samples of ``audio`` at ``rate`` Hz. Raises `ModelLabError` if it is too short for speech."""
    if audio.duration < _SHORTEST:
        raise ModelLabError(f"{card.name}: the audio lasts {audio.duration:.4f} s; expected at least {_SHORTEST} s")
    return audio.mono().resample(rate).samples


def windows(samples: FloatArray, rate: int, longest: float) -> Iterator[tuple[float, FloatArray]]:
    """Windows of at most ``longest`` seconds that together cover all samples, each with its start in seconds.

    No window is shorter than half a pause, unless the audio is.

    >>> sound = np.ones(15000, np.float32)
    >>> sound[9000:9200] = 0.0
    >>> [(start, len(window)) for start, window in windows(sound, 1000, 10.0)]
    [(0.0, 9100), (9.1, 5900)]
    """
    start, length = 0, round(longest * rate)
    while len(samples) - start > length:
        end = start + _quietest(samples[start : start + length], round(_PAUSE * rate))
        yield start / rate, samples[start:end]
        start = end
    yield start / rate, samples[start:]


def _quietest(window: FloatArray, pause: int) -> int:
    """The middle of the quietest pause in the last part of a window."""
    count = round(_SEARCHED * len(window)) // pause
    first = len(window) - count * pause
    loudness = np.square(window[first:].reshape(count, pause), dtype=np.float64).mean(axis=1)
    return first + int(loudness.argmin()) * pause + pause // 2

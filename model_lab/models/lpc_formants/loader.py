"""Formants by linear prediction: Burg's predictor in windows of 50 ms every 10 ms, and the angles of its roots.

The sound is brought to twice the ceiling and its fall of 6 dB per octave evened out above 50 Hz; two coefficients are spent on
each resonance looked for. A root is a formant if it lies between 90 Hz and 50 Hz below the ceiling and is at most 400 Hz wide.
Digital silence has none. Sound is taken in stretches, so that memory does not grow with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig
from model_lab.types import Audio, Formants

_WINDOW, _STEP = 0.05, 0.01
_LOWEST, _BELOW_CEILING, _WIDEST = 90.0, 50.0, 400.0
_STRETCH = 1000
"""Frames that are analysed at once."""


def load(card: ModelCard, device: str) -> Bundle:
    import librosa

    count, ceiling = int(card.options["formants"]), float(card.options["ceiling"])
    if not (2 <= count <= 12 and 1000 <= ceiling <= 16000):
        raise BadConfig(
            f"{card.name}: options are formants {count}, ceiling {ceiling:.0f}; expected 2 to 12, and 1000 to 16000 Hz"
        )
    rate = round(2 * ceiling)
    size, step = round(_WINDOW * rate), round(_STEP * rate)
    window = np.hamming(size)

    def measure(audio: Audio) -> Formants:
        samples = _flattened(audio.mono().resample(rate).samples.astype(np.float64), rate)
        frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, (size // 2, size - size // 2)), size)[::step]
        values_of_stretches = [
            _resonances(
                librosa.lpc(_with_sound(frames[first : first + _STRETCH] * window), order=2 * count, axis=-1), rate, count
            )
            for first in range(0, len(frames), _STRETCH)
        ]
        values = np.concatenate(values_of_stretches)
        values[~frames.any(axis=1)] = np.nan
        return Formants((np.arange(len(frames)) * (step / rate)).astype(np.float32), values.astype(np.float32))

    return Bundle(card, device, {"formants": measure})


def _flattened(samples: Any, rate: int) -> Any:
    """``samples`` with 6 dB more per octave above 50 Hz."""
    return np.append(samples[:1], samples[1:] - np.exp(-2 * np.pi * 50.0 / rate) * samples[:-1])


def _with_sound(frames: Any) -> Any:
    """Frames of digital silence replaced by an impulse: no predictor fits nothing."""
    silent = ~frames.any(axis=1)
    frames[silent, 0] = 1.0
    return frames


def _resonances(predictors: Any, rate: int, count: int) -> Any:
    """Hz, shape (frames, count), rising, NaN at the end, of predictors (frames, 1 + order) that start with 1."""
    companion = np.zeros((len(predictors), predictors.shape[1] - 1, predictors.shape[1] - 1))
    companion[:, 0] = -predictors[:, 1:]
    companion[:, np.arange(1, companion.shape[1]), np.arange(companion.shape[1] - 1)] = 1.0
    roots = np.linalg.eigvals(companion)
    with np.errstate(divide="ignore"):
        width = -np.log(np.abs(roots)) * rate / np.pi
    frequency = np.angle(roots) * rate / (2 * np.pi)
    formant = (frequency > _LOWEST) & (frequency < rate / 2 - _BELOW_CEILING) & (width < _WIDEST)
    return np.sort(np.where(formant, frequency, np.nan), axis=1)[:, :count]

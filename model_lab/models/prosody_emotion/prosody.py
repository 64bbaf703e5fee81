"""How something is said, in five numbers: pitch, range, loudness changes, brightness and speed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.types import Audio

NAMES = ("pitch", "pitch_range", "loudness_range", "brightness", "speed")
RATE = 16000
_HOP_MS = 10.0
_LEAST_VOICED = 10
"""With fewer voiced frames than these (0.1 s) there is no prosody to speak of."""


def prosody(sound: Audio) -> dict[str, float] | None:
    """The five features of speech, or None where hardly anything is voiced.

    ``pitch``: median F0, semitones above 1 Hz. ``pitch_range`` and ``loudness_range``: standard deviation over voiced frames, in
    semitones and dB. ``brightness``: energy above 1 kHz over energy below, dB. ``speed``: peaks of loudness a second.
    """
    import pyworld

    samples = np.ascontiguousarray(sound.mono().resample(RATE).samples, np.float64)
    if len(samples) < RATE // 10:
        return None
    rough, times = pyworld.dio(samples, RATE, f0_floor=60.0, f0_ceil=600.0, frame_period=_HOP_MS)
    f0 = pyworld.stonemask(samples, rough, times, RATE)
    level = _levels(samples, len(f0))
    voiced = (f0 > 0) & (level > level.max() - 40)
    if voiced.sum() < _LEAST_VOICED:
        return None
    semitones = 12 * np.log2(f0[voiced])
    return {
        "pitch": float(np.median(semitones)),
        "pitch_range": float(semitones.std()),
        "loudness_range": float(level[voiced].std()),
        "brightness": _brightness(samples),
        "speed": _speed(level),
    }


def _levels(samples: npt.NDArray[np.float64], frames: int) -> npt.NDArray[np.float64]:
    """RMS in dB of 25 ms around every frame."""
    hop, half = int(RATE * _HOP_MS / 1000), int(0.0125 * RATE)
    power = np.concatenate([[0.0], np.cumsum(samples**2)])
    centres = np.arange(frames) * hop
    starts, ends = np.clip(centres - half, 0, len(samples) - 1), np.clip(centres + half, 1, len(samples))
    return np.asarray(10 * np.log10((power[ends] - power[starts]) / (ends - starts) + 1e-10))


def _brightness(samples: npt.NDArray[np.float64]) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE)
    high, low = power[(frequency >= 1000) & (frequency < 5000)].sum(), power[(frequency >= 60) & (frequency < 1000)].sum()
    return float(10 * np.log10((high + 1e-12) / (low + 1e-12)))


def _speed(level: npt.NDArray[np.float64]) -> float:
    """Syllable nuclei a second of speech: peaks of smoothed loudness with a dip of 2 dB before them (de Jong and Wempe 2009)."""
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import find_peaks

    smooth: Any = uniform_filter1d(level, 5)
    loud = smooth > smooth.max() - 25
    peaks, _ = find_peaks(smooth, prominence=2, height=smooth.max() - 25)
    return float(len(peaks) / max(loud.sum() * _HOP_MS / 1000, 0.1))

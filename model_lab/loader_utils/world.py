"""Pitch estimation with the WORLD vocoder (pyworld): one value every 10 ms, 0 Hz where unvoiced.

WORLD decides on voicing while it tracks the pitch, and gives no pitch for unvoiced frames.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from model_lab.types import Audio, PitchTrack

_PERIOD_MS = 10.0

Estimate = Callable[..., tuple[Any, Any]]
"""``(samples, sample_rate, floor_hz, ceiling_hz, frame_period=ms) -> (f0 in Hz, times in s)``: the signature of the WORLD estimators."""


def pyworld() -> Any:
    """Import the package without its warning about setuptools."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        import pyworld as package
    return package


def track(estimate: Estimate, audio: Audio, fmin: float, fmax: float, refine: Callable[..., Any] | None = None) -> PitchTrack:
    """The pitch between ``fmin`` and ``fmax`` Hz by ``estimate``, refined by ``refine(samples, f0, times, sample_rate)``."""
    mono = audio.mono()
    samples = np.ascontiguousarray(mono.samples, np.float64)
    f0_hz, times = estimate(samples, mono.sample_rate, fmin, fmax, frame_period=_PERIOD_MS)
    if refine is not None:
        f0_hz = refine(samples, f0_hz, times, mono.sample_rate)
    return PitchTrack(times.astype(np.float32), f0_hz.astype(np.float32), (f0_hz > 0).astype(np.float32))

"""Enhancers that work at a sample rate of their own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model_lab.types import Audio, FloatArray

Filter = Callable[[FloatArray], FloatArray]
"""Mono samples to enhanced samples in time with them, at the same rate; surplus at the end is cut, what is missing there is silence."""


def at_rate(audio: Audio, sample_rate: int, enhance: Filter) -> Audio:
    """``audio``, mixed down to mono, enhanced at ``sample_rate`` Hz, with its own sample rate and length.

    Sound above half of ``sample_rate`` does not come through.
    """
    noisy = audio.mono()
    clean = Audio(enhance(noisy.resample(sample_rate).samples), sample_rate).resample(noisy.sample_rate).samples
    missing = max(0, noisy.frames - len(clean))
    return Audio(np.pad(clean, (0, missing))[: noisy.frames], noisy.sample_rate)

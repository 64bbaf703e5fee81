"""Sound files of any rate and number of channels, brought to mono at one rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model_lab import audio
from model_lab.types import Audio


def mono(path: Path, rate: int) -> Audio:
    """The sound at ``rate`` Hz, turned down if resampling leads beyond full scale."""
    return within_full_scale(audio.read(path).mono().resample(rate))


def within_full_scale(sound: Audio) -> Audio:
    """The sound, turned down to a peak of 1 if it is above."""
    return Audio(sound.samples / np.float32(max(1.0, float(np.abs(sound.samples).max()))), sound.sample_rate)

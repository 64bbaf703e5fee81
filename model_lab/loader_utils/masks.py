"""Source separation by masks: every stem is the short-time spectrum of the mixture times a mask between 0 and 1, with its phase."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_lab.deprecation import renamed
from model_lab.types import Audio, FloatArray

_OVERLAP = 4


@dataclass(frozen=True)
class Spectrum:
    """Magnitudes, shape ``(bins, blocks)``; a block every ``hop_s`` s, a bin every ``bin_hz`` Hz from 0."""

    magnitude: FloatArray
    hop_s: float
    bin_hz: float


Masks = Callable[[Spectrum], Mapping[str, FloatArray]]
"""Function that returns stem name -> mask, shape ``(bins, blocks)``."""


def separate(audio: Audio, block_s: float, names: tuple[str, ...], shares: Masks) -> dict[str, Audio]:
    """The stems called ``names`` of ``audio`` (mixed down to mono), with its sample rate and length.

    The block length is the power of two of samples nearest to ``block_s`` seconds, with an overlap of three quarters. The stems of
    digital silence are silence.
    """
    import librosa

    mixture = audio.mono()
    if not mixture.samples.any():
        return dict.fromkeys(names, mixture)
    size = 2 ** max(5, round(math.log2(block_s * mixture.sample_rate)))
    hop = size // _OVERLAP
    samples = np.pad(mixture.samples, (0, max(0, size - mixture.frames)))
    transformed = librosa.stft(samples, n_fft=size, hop_length=hop)
    masks = shares(Spectrum(np.abs(transformed), hop / mixture.sample_rate, mixture.sample_rate / size))
    return {
        name: Audio(
            librosa.istft(transformed * masks[name], n_fft=size, hop_length=hop, length=len(samples))[: mixture.frames],
            mixture.sample_rate,
        )
        for name in names
    }


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"Shares": "Masks"})

"""noisereduce with its own defaults: the non-stationary gate, at the sample rate of the sound."""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError
from model_lab.types import Audio

_LOWEST, _HIGHEST = 5120, 256000
"""Sample rates for which the smoothing of its mask (50 ms, 500 Hz) is at least one step of its spectrum (1024 samples)."""


def load(card: ModelCard, device: str) -> Bundle:
    from noisereduce import reduce_noise

    def enhance(audio: Audio) -> Audio:
        noisy = audio.mono()
        if not _LOWEST <= noisy.sample_rate <= _HIGHEST:
            raise ModelLabError(
                f"{card.name}: the sound has a sample rate of {noisy.sample_rate} Hz; "
                f"it works from {_LOWEST} to {_HIGHEST} Hz: resample it"
            )
        with np.errstate(invalid="ignore"):
            clean = reduce_noise(noisy.samples, noisy.sample_rate)
        clean = np.where(np.isnan(clean), 0, clean)  # where it met digital silence alone it divided 0 by 0
        return Audio(clean.astype(np.float32), noisy.sample_rate)

    return Bundle(card, device, {"enhance": enhance})

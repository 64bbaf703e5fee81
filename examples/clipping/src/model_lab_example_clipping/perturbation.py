"""Fewer bits: what a low-resolution converter makes of sound."""

from __future__ import annotations

import numpy as np

from model_lab.datasets.perturbations import Parameter, Perturbation, Scene
from model_lab.types import Audio


def quantise(audio: Audio, bits: float, scene: Scene) -> Audio:
    """Round every sample to one of ``2**bits`` levels, without dither.

    >>> quantise(Audio(np.array([0.3, -0.1, 1.0], np.float32), 8000), 3, Scene(np.random.default_rng(0))).samples.tolist()
    [0.25, 0.0, 0.75]
    """
    levels = 2 ** (int(bits) - 1)
    rounded = np.clip(np.round(audio.samples * levels), -levels, levels - 1) / levels
    return Audio((rounded + 0.0).astype(np.float32), audio.sample_rate)


PERTURBATION = Perturbation(
    name="quantise",
    summary="fewer bits a sample, without dither",
    source="uniform mid-tread quantiser, as in Widrow and Kollár 2008",
    apply=quantise,
    parameter=Parameter("bits of a sample", "bit", 2, 16, 8, tuple(map(float, range(2, 17)))),
)

"""From clipped samples to clipped regions: the one rule that data and models share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model_lab_example_clipping.answers import ClippedRegion

PAUSE_S = 0.02
"""Clipped samples that are less than this apart belong to one region."""


def regions_where(clipped: npt.NDArray[np.bool_], sample_rate: int, ceiling: float) -> list[ClippedRegion]:
    """The regions of samples that are clipped.

    Args:
        clipped: Whether each sample is, shape ``(frames,)``.
        sample_rate: Hz.
        ceiling: The level at which they are cut off, 0 to 1.

    Example:
        >>> regions_where(np.array([0, 1, 1, 0, 1, 0, 0, 0, 0, 1], bool), 100, 0.5)
        [ClippedRegion(start=0.01, end=0.05, ceiling=0.5), ClippedRegion(start=0.09, end=0.1, ceiling=0.5)]
    """
    indices = np.flatnonzero(clipped)
    if not len(indices):
        return []
    parts = np.split(indices, np.flatnonzero(np.diff(indices) > PAUSE_S * sample_rate + 0.5) + 1)
    return [ClippedRegion(float(part[0] / sample_rate), float((part[-1] + 1) / sample_rate), ceiling) for part in parts]

"""A detector of hard clipping: samples in a row at the loudest level of the recording."""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.types import Audio
from model_lab_example_clipping.answers import ClippedRegion
from model_lab_example_clipping.regions import regions_where

AUDIBLE = 1e-3
"""Sound that stays below this level is silence, in which nothing is clipped."""


def load(card: ModelCard, device: str) -> Bundle:
    """The detector; option ``run``: how many samples in a row, ``tolerance``: how far below the loudest level they may be."""
    run, tolerance = int(card.options["run"]), float(card.options["tolerance"])

    def find_clipping(audio: Audio) -> list[ClippedRegion]:
        level = np.abs(audio.mono().samples)
        ceiling = float(level.max(initial=0.0))
        if ceiling < AUDIBLE or len(level) < run:
            return []
        held = (level >= ceiling * (1 - tolerance)).astype(int)
        starts = np.convolve(held, np.ones(run, int), "valid") == run
        clipped = np.convolve(starts, np.ones(run, int)) > 0
        return regions_where(clipped, audio.sample_rate, min(ceiling, 1.0))

    return Bundle(card, device, {"clipping": find_clipping})

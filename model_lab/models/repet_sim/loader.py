"""REPET-SIM: the background of a block is the median of the blocks most like it, if it is below the block itself.

The blocks compared lie at least a second apart; the two stems add up to the mixture.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError
from model_lab.loader_utils import masks
from model_lab.types import Audio, FloatArray

_SHORTEST = 3.0
"""In units of the least distance between similar blocks: below this, too few blocks have others to be compared with."""


def load(card: ModelCard, device: str) -> Bundle:
    from librosa.decompose import nn_filter

    block_s, apart_s, lowest_hz = (float(card.options[name]) for name in ("block_s", "apart_s", "foreground_from_hz"))

    def shares(spectrum: masks.Spectrum) -> Mapping[str, FloatArray]:
        width = max(1, round(apart_s / spectrum.hop_s))
        similar = nn_filter(spectrum.magnitude, aggregate=np.median, metric="cosine", width=width)
        background = np.minimum(similar, spectrum.magnitude) / np.maximum(spectrum.magnitude, np.finfo(np.float32).tiny)
        background[: round(lowest_hz / spectrum.bin_hz)] = 1
        return {"background": background, "foreground": 1 - background}

    def separate(audio: Audio) -> dict[str, Audio]:
        if audio.duration < _SHORTEST * apart_s:
            raise ModelLabError(
                f"{card.name}: the sound lasts {audio.duration:.2f} s; "
                f"it finds repetition in sound of at least {_SHORTEST * apart_s:.0f} s: give it more"
            )
        return masks.separate(audio, block_s, ("background", "foreground"), shares)

    return Bundle(card, device, {"separate": separate})

"""Harmonic-percussive separation of librosa; the two stems add up to the mixture."""

from __future__ import annotations

from collections.abc import Mapping

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import masks
from model_lab.types import Audio, FloatArray


def load(card: ModelCard, device: str) -> Bundle:
    from librosa.decompose import hpss

    block_s, kernel = float(card.options["block_s"]), int(card.options["kernel"])

    def shares(spectrum: masks.Spectrum) -> Mapping[str, FloatArray]:
        harmonic, percussive = hpss(spectrum.magnitude, kernel_size=kernel, mask=True)
        return {"harmonic": harmonic, "percussive": percussive}

    def separate(audio: Audio) -> dict[str, Audio]:
        return masks.separate(audio, block_s, ("harmonic", "percussive"), shares)

    return Bundle(card, device, {"separate": separate})

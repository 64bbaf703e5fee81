"""Flite reading the text in one voice, whatever the target voice is."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import flite
from model_lab.types import Audio


def load(card: ModelCard, device: str) -> Bundle:
    read = flite.synthesizer(card)

    def clone(text: str, voice: Audio) -> Audio:
        return read(text)

    return Bundle(card, device, {"voice_clone": clone})

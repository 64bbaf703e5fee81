"""The flite program, run once for each text."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import flite


def load(card: ModelCard, device: str) -> Bundle:
    return Bundle(card, device, {"tts": flite.synthesizer(card)})

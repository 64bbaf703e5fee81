"""The flite program, run once for each text."""

from __future__ import annotations

from model_lab.adapters import flite
from model_lab.contract import Bundle, ModelCard


def load(card: ModelCard, device: str) -> Bundle:
    return Bundle(card, device, {"tts": flite.reader(card)})

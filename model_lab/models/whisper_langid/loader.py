"""Spoken language identification by the language token of multilingual Whisper.

A longer sound is heard in windows of 30 s, each of which counts by how much of the sound it holds.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig, ModelLabError
from model_lab.loader_utils import whisper_hub
from model_lab.types import Audio, Label

_SHORTEST, _QUIETEST = 0.5, 1e-4


def load(card: ModelCard, device: str) -> Bundle:
    import torch

    model, processor = whisper_hub.parts(card, device)
    languages = list(whisper_hub.languages(model))
    if not languages:
        raise BadConfig(f"{card.name}: {card.repositories['model'].id} knows one language; expected a multilingual size")
    window = processor.feature_extractor.n_samples

    def identify(audio: Audio) -> list[Label]:
        samples = audio.mono().resample(whisper_hub.RATE).samples
        if audio.duration < _SHORTEST or np.abs(samples).max() < _QUIETEST:
            raise ModelLabError(
                f"{card.name}: {audio.duration:.2f} s of sound are too short or silent; expected speech of {_SHORTEST} s or more"
            )
        total = np.zeros(len(languages))
        for start in range(0, len(samples), window):
            part = samples[start : start + window]
            features = whisper_hub.features(processor, Audio(part, whisper_hub.RATE)).input_features
            probabilities = whisper_hub.language_probabilities(model, features.to(device, model.dtype))
            total += len(part) * np.array([probabilities[language] for language in languages])
        return [Label(languages[index], float(total[index] / len(samples))) for index in np.argsort(-total, kind="stable")]

    return Bundle(card, device, {"langid": torch.inference_mode()(identify)})

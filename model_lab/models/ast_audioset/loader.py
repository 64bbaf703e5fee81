"""The Audio Spectrogram Transformer finetuned on AudioSet, through transformers.

It hears 10.24 s at a time. Longer sound is cut into windows of that length, the last one ending with the sound, and the
scores are the means over the windows, as the embedding is: the mean of what the network pools before its last layer.
AudioSet's classes do not exclude each other: each has a sigmoid of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadAudio
from model_lab.loader_utils.embedding import unit_vector
from model_lab.loader_utils.pretrained import pretrained
from model_lab.loader_utils.windows import windows
from model_lab.types import Audio, FloatArray, Label

_FRAME_S, _STEP_S = 0.025, 0.01
"""Of the spectrogram; a sound shorter than a frame has none."""


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from transformers import ASTFeatureExtractor, ASTForAudioClassification

    folder = card.repository("model")
    model = pretrained(card, device, ASTForAudioClassification, folder)
    extractor = ASTFeatureExtractor.from_pretrained(folder, local_files_only=True)
    names, rate = model.config.id2label, extractor.sampling_rate
    length = round(((extractor.max_length - 1) * _STEP_S + _FRAME_S) * rate)

    def pooled(audio: Audio) -> Iterator[Any]:
        """What the network makes of each window, before its last layer."""
        if audio.duration < _FRAME_S:
            raise BadAudio(f"{card.name}: the sound lasts {audio.duration:.4f} s; expected at least {_FRAME_S} s")
        for window in windows(audio.mono().resample(rate).samples, length):
            features = extractor(window, sampling_rate=rate, return_tensors="pt").input_values
            yield model.audio_spectrogram_transformer(features.to(device, model.dtype)).pooler_output[0]

    def classify(audio: Audio) -> list[Label]:
        scores = torch.stack([model.classifier(vector).float().sigmoid() for vector in pooled(audio)]).mean(0).cpu().numpy()
        return [Label(names[index], float(scores[index])) for index in np.argsort(-scores, kind="stable")]

    def embed(audio: Audio) -> FloatArray:
        return unit_vector(torch.stack([vector.float() for vector in pooled(audio)]).mean(0).cpu().numpy(), card.name, audio)

    return Bundle(card, device, {"classify": torch.inference_mode()(classify), "embed": torch.inference_mode()(embed)})

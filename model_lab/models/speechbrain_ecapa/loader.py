"""ECAPA-TDNN trained on VoxCeleb, through SpeechBrain: 192 numbers from 16 kHz speech, compared by their cosine."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.embedding import unit_vector
from model_lab.loader_utils.input_limits import bounded_samples
from model_lab.loader_utils.speechbrain import pretrained
from model_lab.types import Audio, FloatArray

_SHORTEST_S = 0.1


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from speechbrain.inference.classifiers import EncoderClassifier

    model = pretrained(card, device, card.repository("model"), EncoderClassifier)

    def embed(audio: Audio) -> FloatArray:
        samples = torch.from_numpy(bounded_samples(card, audio, _SHORTEST_S))
        return unit_vector(model.encode_batch(samples).flatten().cpu().numpy(), card.name, audio)

    def score(a: Audio, b: Audio) -> float:
        return float(embed(a) @ embed(b))

    return Bundle(card, device, {"speaker_embed": torch.inference_mode()(embed), "speaker_verify": torch.inference_mode()(score)})

"""WeSpeaker's ResNet34 with large-margin finetuning, through pyannote.audio: 256 numbers from 16 kHz speech."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.embedding import unit_vector
from model_lab.loader_utils.input_limits import bounded_samples
from model_lab.loader_utils.pyannote import network
from model_lab.types import Audio, FloatArray

_SHORTEST_S = 0.2
"""It pools the deviation over time, of which less sound has none."""


def load(card: ModelCard, device: str) -> Bundle:
    import torch

    model = network(card, card.repository("model")).to(device)

    def embed(audio: Audio) -> FloatArray:
        samples = torch.from_numpy(bounded_samples(card, audio, _SHORTEST_S, model.audio.sample_rate))
        return unit_vector(model(samples[None, None].to(device))[0].cpu().numpy(), card.name, audio)

    def score(a: Audio, b: Audio) -> float:
        return float(embed(a) @ embed(b))

    return Bundle(card, device, {"speaker_embed": torch.inference_mode()(embed), "speaker_verify": torch.inference_mode()(score)})

"""Emotion of a speaker by wav2vec 2.0 finetuned on IEMOCAP, through SpeechBrain.

The repository contains a Python file with the order in which its parts are applied. It is not run: that order is here.
The network it was finetuned from must be there too, for its configuration.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.input_limits import bounded_samples
from model_lab.loader_utils.speechbrain import pretrained
from model_lab.types import Audio, Label

_SHORTEST_S = 0.1
_NAMES = {"neu": "neutral", "hap": "happy", "sad": "sad", "ang": "angry"}


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from speechbrain.inference.interfaces import Pretrained

    origin = {"wav2vec2": {"source": str(card.repository("wav2vec2"))}}
    model = pretrained(card, device, card.repository("model"), Pretrained, origin)
    encoder = model.hparams.label_encoder
    names = [_NAMES.get(label, label) for label in (str(encoder.ind2lab[number]) for number in range(len(encoder)))]

    def recognize(audio: Audio) -> list[Label]:
        samples = torch.from_numpy(bounded_samples(card, audio, _SHORTEST_S))[None].to(device)
        frames = model.mods.wav2vec2(samples)
        pooled = model.mods.avg_pool(frames, torch.ones(1, device=device)).flatten(1)
        scores = model.mods.output_mlp(pooled)[0].softmax(-1).cpu().numpy()
        return [Label(names[number], float(scores[number])) for number in np.argsort(-scores, kind="stable")]

    return Bundle(card, device, {"emotion": torch.inference_mode()(recognize)})

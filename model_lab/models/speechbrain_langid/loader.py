"""Spoken language by ECAPA-TDNN trained on VoxLingua107, through SpeechBrain.

Its classes are called like ``en: English``; two of them have a code that ISO 639-1 gave up.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.input_limits import bounded_samples
from model_lab.loader_utils.speechbrain import pretrained
from model_lab.types import Audio, Label

_SHORTEST_S = 0.1
_TODAY = {"iw": "he", "jw": "jv"}


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from speechbrain.inference.classifiers import EncoderClassifier

    model = pretrained(card, device, card.repository("model"), EncoderClassifier)
    encoder = model.hparams.label_encoder
    codes = [str(encoder.ind2lab[number]).partition(":")[0].strip() for number in range(len(encoder))]

    def identify(audio: Audio) -> list[Label]:
        embedding = model.encode_batch(torch.from_numpy(bounded_samples(card, audio, _SHORTEST_S)))
        scores = model.mods.classifier(embedding).exp().flatten().cpu().numpy()
        order = np.argsort(-scores, kind="stable")
        return [Label(_TODAY.get(codes[number], codes[number]), float(scores[number])) for number in order]

    return Bundle(card, device, {"langid": torch.inference_mode()(identify)})

"""Smart Turn: the last 8 s of the sound, silence before them if there is less, as the mel spectrogram of Whisper.

The features are those of faster-whisper, over a waveform of mean 0 and variance 1, as the network was trained on.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.onnx import session
from model_lab.loader_utils.speech_windows import speech
from model_lab.types import Audio, FloatArray

_RATE = 16000
_SECONDS = 8
_EPSILON = 1e-7
"""Added to the variance, so that silence has features too."""


def load(card: ModelCard, device: str) -> Bundle:
    from faster_whisper.feature_extractor import FeatureExtractor

    extractor = FeatureExtractor(feature_size=80, chunk_length=_SECONDS)
    network = session(card.file("model.onnx"), most=1)

    def ends(audio: Audio) -> float:
        samples = _last(speech(card, audio, _RATE))
        normal = (samples - samples.mean()) / np.sqrt(samples.var() + _EPSILON)
        features = extractor(normal, padding=0)[None].astype(np.float32)
        (probability,) = network.run(None, {"input_features": features})
        return min(1.0, max(0.0, float(probability.item())))

    return Bundle(card, device, {"end_of_turn": ends})


def _last(samples: FloatArray) -> FloatArray:
    """Exactly 8 s: the end of the sound, after silence if there is less."""
    length = _SECONDS * _RATE
    kept = samples[-length:]
    return np.pad(kept, (length - len(kept), 0))

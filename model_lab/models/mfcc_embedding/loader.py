"""A baseline of sound embedding: mean and standard deviation over time of mel-frequency cepstral coefficients 1-19, at 16 kHz.

Coefficient 0, the level, is left out. Coefficients are liftered (HTK's ``1 + 11 sin(pi n / 22)``), so that the low ones do not
decide alone.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.embedding import unit_vector
from model_lab.types import Audio, FloatArray

_RATE, _FFT, _HOP = 16000, 512, 160
_COEFFICIENTS, _LIFTER = 20, 22


def load(card: ModelCard, device: str) -> Bundle:
    from librosa.feature import mfcc

    def embed(audio: Audio) -> FloatArray:
        samples = audio.mono().resample(_RATE).samples
        coefficients = mfcc(y=samples, sr=_RATE, n_mfcc=_COEFFICIENTS, lifter=_LIFTER, n_fft=_FFT, hop_length=_HOP)[1:]
        return unit_vector(np.concatenate([coefficients.mean(axis=1), coefficients.std(axis=1)]), card.name, audio)

    return Bundle(card, device, {"embed": embed})

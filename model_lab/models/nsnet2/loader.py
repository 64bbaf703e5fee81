"""NSNet2 (Braun and Tashev 2020) at 16 kHz: a gain for every band of spectra of 20 ms, every 10 ms, over the whole sound at once.

Sound above 8 kHz does not come through.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import enhancing, onnx
from model_lab.types import Audio, FloatArray

_RATE = 16000
_BLOCK = 320
_LEAST_POWER = 1e-12
_LEAST_GAIN = 1e-4
"""The authors' limit of the attenuation, 80 dB."""


def load(card: ModelCard, device: str) -> Bundle:
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    network = onnx.session(card.file("nsnet2-20ms-baseline.onnx"))
    (entry,) = network.get_inputs()
    transform = ShortTimeFFT(np.sqrt(hann(_BLOCK, sym=False)), _BLOCK // 2, _RATE, phase_shift=None)

    def filtered(samples: FloatArray) -> FloatArray:
        padded = np.pad(samples, (0, max(0, _BLOCK - len(samples))))
        spectrum = transform.stft(padded)
        features = np.log10(np.maximum(np.abs(spectrum) ** 2, _LEAST_POWER)).T.astype(np.float32)
        gains = network.run(None, {entry.name: features[None]})[0][0].T
        clean = transform.istft(spectrum * np.clip(gains, _LEAST_GAIN, 1.0), k1=len(padded))
        return np.asarray(clean, np.float32)

    def enhance(audio: Audio) -> Audio:
        return enhancing.at_rate(audio, _RATE, filtered)

    return Bundle(card, device, {"enhance": enhance})

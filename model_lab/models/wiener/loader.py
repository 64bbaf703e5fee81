"""A Wiener filter whose a priori signal-to-noise ratio is decision-directed (Ephraim and Malah 1984; Scalart and Vieira Filho 1996).

Blocks of 32 ms every 8 ms, at the sample rate of the sound. The noise of each band is read off a low quantile of its power
over the whole sound (Stahl et al. 2000): power of Gaussian noise is exponentially distributed, so its quantile gives its mean.
"""

from __future__ import annotations

import math

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.types import Audio, FloatArray

_BLOCK_S = 0.032
_OVERLAP = 4
_LEAST_POWER = 1e-20


def load(card: ModelCard, device: str) -> Bundle:
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    quantile, smoothing = float(card.options["noise_quantile"]), float(card.options["smoothing"])
    floor = 10 ** (float(card.options["floor_db"]) / 10)

    def enhance(audio: Audio) -> Audio:
        noisy = audio.mono()
        hop = math.ceil(_BLOCK_S * noisy.sample_rate / _OVERLAP)
        transform = ShortTimeFFT(hann(_OVERLAP * hop, sym=False), hop, noisy.sample_rate)
        samples = np.pad(noisy.samples, (0, max(0, _OVERLAP * hop - noisy.frames)))
        spectrum = transform.stft(samples)
        power = np.abs(spectrum) ** 2
        clean = transform.istft(spectrum * gains(power, noise_power(power, quantile), smoothing, floor), k1=len(samples))
        return Audio(clean[: noisy.frames].astype(np.float32), noisy.sample_rate)

    return Bundle(card, device, {"enhance": enhance})


def noise_power(power: FloatArray, quantile: float) -> FloatArray:
    """Mean power of the noise in each band, shape ``(bands, 1)``, from the ``quantile`` of ``power``, shape ``(bands, blocks)``."""
    low = np.quantile(power, quantile, axis=1, keepdims=True)
    return np.asarray(np.maximum(low / -math.log1p(-quantile), _LEAST_POWER))


def gains(power: FloatArray, noise: FloatArray, smoothing: float, floor: float) -> FloatArray:
    """The filter's gain, ``floor / (1 + floor)`` to 1, for every band and block of ``power``.

    The a priori ratio (at least ``floor``) of a block is ``smoothing`` of what the block before was judged to hold of speech,
    and for the rest what this block holds above the ``noise``.
    """
    posteriori = power / noise
    gain = np.empty_like(posteriori)
    speech_power = np.maximum(posteriori[:, 0] - 1, 0)
    for block, ratio in enumerate(posteriori.T):
        priori = np.maximum(smoothing * speech_power + (1 - smoothing) * np.maximum(ratio - 1, 0), floor)
        gain[:, block] = priori / (1 + priori)
        speech_power = gain[:, block] ** 2 * ratio
    return gain

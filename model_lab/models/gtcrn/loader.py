"""GTCRN (Rong et al. 2024) through its streaming ONNX export: one spectrum of 32 ms after the other, every 16 ms at 16 kHz.

Sound above 8 kHz does not come through.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import enhancing, onnx
from model_lab.types import Audio, FloatArray

_RATE = 16000
_BLOCK = 512
_STATES = ("conv_cache", "tra_cache", "inter_cache")


def load(card: ModelCard, device: str) -> Bundle:
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    network = onnx.session(card.file("gtcrn_simple.onnx"), most=1)
    transform = ShortTimeFFT(np.sqrt(hann(_BLOCK, sym=False)), _BLOCK // 2, _RATE, phase_shift=None)

    def filtered(samples: FloatArray) -> FloatArray:
        padded = np.pad(samples, (0, max(0, _BLOCK - len(samples))))
        clean = transform.istft(_enhanced(network, transform.stft(padded)), k1=len(padded))
        return np.asarray(clean, np.float32)

    def enhance(audio: Audio) -> Audio:
        return enhancing.at_rate(audio, _RATE, filtered)

    return Bundle(card, device, {"enhance": enhance})


def _enhanced(network: Any, spectrum: Any) -> Any:
    """The enhanced ``spectrum``, complex, shape (257, blocks); the network keeps its state from block to block."""
    states = {one.name: np.zeros(one.shape, np.float32) for one in network.get_inputs() if one.name in _STATES}
    blocks = np.stack([spectrum.real, spectrum.imag], axis=-1).astype(np.float32)
    clean = np.empty_like(blocks)
    for block in range(blocks.shape[1]):
        answer, *memory = network.run(None, {"mix": blocks[None, :, block : block + 1], **states})
        clean[:, block] = answer[0, :, 0]
        states = dict(zip(_STATES, memory, strict=True))
    return clean[..., 0] + 1j * clean[..., 1]

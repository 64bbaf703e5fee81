"""DTLN: blocks of 32 ms every 8 ms at 16 kHz; the first network masks the spectrum, the second the signal's own features.

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
_HOP = 128
_LAG = _BLOCK - _HOP
"""Samples by which the overlap-add is late: what it gives out at a hop began a block ago."""


def load(card: ModelCard, device: str) -> Bundle:
    masker, decoder = onnx.session(card.file("model_1.onnx")), onnx.session(card.file("model_2.onnx"))

    def enhance(audio: Audio) -> Audio:
        return enhancing.at_rate(audio, _RATE, lambda samples: _filter(masker, decoder, samples))

    return Bundle(card, device, {"enhance": enhance})


def _filter(masker: Any, decoder: Any, samples: FloatArray) -> FloatArray:
    """The filtered ``samples`` (16 kHz) without lag, followed by less than one hop more."""
    hops = -(-(len(samples) + _LAG) // _HOP)
    noisy = np.pad(samples, (_LAG, hops * _HOP - len(samples)))
    clean = np.zeros_like(noisy)
    masks, decoded = _stateful(masker), _stateful(decoder)
    for first in range(0, hops * _HOP, _HOP):
        spectrum = np.fft.rfft(noisy[first : first + _BLOCK])
        block = np.fft.irfft(spectrum * masks(np.abs(spectrum)))
        clean[first : first + _BLOCK] += decoded(block)
    return clean[_LAG : hops * _HOP]


def _stateful(network: Any) -> Any:
    """One step of a network that keeps its state from call to call; vector in, vector out."""
    values, state = (network_input.name for network_input in network.get_inputs())
    memory = np.zeros((1, 2, 128, 2), np.float32)

    def step(vector: FloatArray) -> FloatArray:
        nonlocal memory
        answer, memory = network.run(None, {values: vector.astype(np.float32)[None, None], state: memory})
        return np.asarray(answer.ravel())

    return step

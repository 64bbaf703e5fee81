"""RNNoise 0.2 through its C library: 48 kHz, frames of 10 ms, samples in the range of 16-bit integers.

Sound above 24 kHz does not come through.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import enhancing
from model_lab.types import Audio, FloatArray

_RATE = 48000
_FULL_SCALE = 32768.0
_LAG = 960
"""Samples by which the library's output is late: one frame of overlap-add and one of look-ahead."""


def load(card: ModelCard, device: str) -> Bundle:
    library = _library(card.file("librnnoise.so"))

    def enhance(audio: Audio) -> Audio:
        state = library.rnnoise_create(None)
        try:
            return enhancing.at_rate(audio, _RATE, lambda samples: _filter(library, state, samples))
        finally:
            library.rnnoise_destroy(state)

    return Bundle(card, device, {"enhance": enhance})


def _library(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    frame = np.ctypeslib.ndpointer(np.float32, ndim=1, flags="C_CONTIGUOUS")
    library.rnnoise_create.restype = ctypes.c_void_p
    library.rnnoise_create.argtypes = [ctypes.c_void_p]
    library.rnnoise_get_frame_size.restype = ctypes.c_int
    library.rnnoise_process_frame.restype = ctypes.c_float
    library.rnnoise_process_frame.argtypes = [ctypes.c_void_p, frame, frame]
    library.rnnoise_destroy.argtypes = [ctypes.c_void_p]
    return library


def _filter(library: ctypes.CDLL, state: int, samples: FloatArray) -> FloatArray:
    """The filtered ``samples`` (48 kHz) without lag, followed by less than one frame more."""
    size = library.rnnoise_get_frame_size()
    noisy = np.zeros((-(-(len(samples) + _LAG) // size), size), np.float32)
    noisy.ravel()[: len(samples)] = samples * _FULL_SCALE
    clean = np.zeros_like(noisy)
    for frame, filtered in zip(noisy, clean, strict=True):
        library.rnnoise_process_frame(state, filtered, frame)
    clean /= _FULL_SCALE
    return clean.ravel()[_LAG:]

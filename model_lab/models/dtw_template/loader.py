"""Template matching: cepstra of the keyword's recordings, found in longer sound by dynamic time warping.

Twelve mel-frequency cepstral coefficients (Davis and Mermelstein 1980; the energy left out) and their slopes, every 20 ms from
25 ms, less their mean over a second around them, so that the colour of microphone and voice counts less.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.spotting import RATE, TemplateSpotter
from model_lab.types import FloatArray

_WINDOW, _HOP, _FFT = 400, 320, 512
_BANDS, _CEPSTRA = 40, 12
_AROUND = 25
"""Frames on either side over which the mean is taken: half a second."""

_FAINTEST = 1e-7
"""Energy of a mel band that counts as silence; a frame without any above it is a frame of zeros."""

Array = npt.NDArray[np.float64]


def load(card: ModelCard, device: str) -> Bundle:
    mel, cosines, window = _mel_matrix(), _cosines(), np.hanning(_WINDOW)

    def features(samples: FloatArray) -> FloatArray:
        padded = np.pad(samples, (0, max(0, _WINDOW - len(samples))))
        frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP] * window
        energy = np.abs(np.fft.rfft(frames, _FFT)) ** 2 @ mel
        cepstra = np.log(np.maximum(energy, _FAINTEST)) @ cosines
        joined = np.hstack([cepstra, _slopes(cepstra)])
        return np.where(energy.max(axis=1, keepdims=True) > _FAINTEST, joined - _around(joined), 0.0).astype(np.float32)

    threshold = card.options["threshold"]
    spotter = TemplateSpotter(card.name, features, _HOP / RATE, _WINDOW / RATE, threshold, card.options["floor"])
    return Bundle(card, device, {"kws": spotter.spot})


def _around(rows: Array) -> Array:
    """The mean of each row's surroundings."""
    sums = np.vstack([np.zeros(rows.shape[1]), np.cumsum(rows, axis=0)])
    index = np.arange(len(rows))
    first, last = np.maximum(index - _AROUND, 0), np.minimum(index + _AROUND + 1, len(rows))
    return np.asarray((sums[last] - sums[first]) / (last - first)[:, None])


def _slopes(rows: Array) -> Array:
    """Change per frame, by least squares over two frames on either side."""
    edges = np.pad(rows, ((2, 2), (0, 0)), mode="edge")
    return np.asarray((2 * (edges[4:] - edges[:-4]) + edges[3:-1] - edges[1:-3]) / 10)


def _cosines() -> Array:
    """Weights (bands, cepstra) of the discrete cosine transform, without its constant."""
    band, order = np.arange(_BANDS)[:, None] + 0.5, np.arange(1, _CEPSTRA + 1)
    return np.asarray(np.sqrt(2 / _BANDS) * np.cos(np.pi / _BANDS * band * order))


def _mel_matrix() -> Array:
    """Weights (bins, bands): triangles on the mel scale from 100 to 7600 Hz."""
    hertz = np.linspace(0, RATE / 2, _FFT // 2 + 1)[:, None]
    edges = 700 * (10 ** (np.linspace(_mel(100.0), _mel(7600.0), _BANDS + 2) / 2595) - 1)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    return np.asarray(np.maximum(0.0, np.minimum((hertz - low) / (centre - low), (high - hertz) / (high - centre))))


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))

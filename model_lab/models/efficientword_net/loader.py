"""EfficientWord-Net's ResNet-50: a window of 1.5 s as a vector of length 1, near to the vectors of the same word.

The network takes log energies of 64 mel bands (25 ms windows every 10 ms, no window function, 512-point spectra), as the
package computes them. The score of a window is (1 + cosine) / 2 with the nearest recording of the keyword, and the package's
examples accept from 0.7 on. With half a second between windows any word of up to a second lies whole in one. Recordings are
centred in their window (the package puts them anywhere at random), and their vectors kept for the next question.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import onnx
from model_lab.loader_utils.lru_by_audio import LruByAudio
from model_lab.loader_utils.spotting import RATE, detections, enrolled
from model_lab.types import Audio, Detection, FloatArray

_LENGTH = 24000
_WINDOW, _STEP, _FFT = 400, 160, 512
_BANDS = 64

Array = npt.NDArray[np.float64]


def load(card: ModelCard, device: str) -> Bundle:
    network, mel = onnx.session(card.file("resnet_50_arc.onnx"), most=1), _mel_matrix()
    hop, threshold, floor = (card.options[name] for name in ("hop", "threshold", "floor"))

    def vector(window: FloatArray) -> FloatArray:
        frames = np.lib.stride_tricks.sliding_window_view(np.pad(window, (0, _STEP // 2)), _WINDOW)[::_STEP]
        power = np.abs(np.fft.rfft(frames, _FFT)) ** 2 / _FFT @ mel
        energies = np.log(np.where(power == 0, np.finfo(float).eps, power))
        (out,) = network.run(None, {"input": energies[None, None].astype(np.float32)})
        return np.asarray(out[0], np.float32)

    vector_of = LruByAudio(lambda word: vector(_centred(word.samples)))

    def spot(audio: Audio, keywords: dict[str, list[Audio]]) -> list[Detection]:
        templates = {
            keyword: np.stack([vector_of(word) for word in words]) for keyword, words in enrolled(card.name, keywords).items()
        }
        starts, windows = _windows(audio.mono().resample(RATE).samples, round(hop * RATE))
        vectors = np.stack([vector(window) for window in windows])
        scores = {keyword: ((1 + vectors @ own.T) / 2).max(axis=1).tolist() for keyword, own in templates.items()}
        ends = [(start + _LENGTH) / RATE for start in starts]
        return detections(scores, ends, _LENGTH / RATE, floor, dict.fromkeys(scores, threshold), audio.duration)

    return Bundle(card, device, {"kws": spot})


def _centred(word: FloatArray) -> FloatArray:
    """The middle 1.5 s of a word, or the word amid silence."""
    spare = len(word) - _LENGTH
    if spare >= 0:
        return word[spare // 2 : spare // 2 + _LENGTH]
    return np.pad(word, (-spare // 2, -spare - -spare // 2))


def _windows(samples: FloatArray, hop: int) -> tuple[list[int], list[FloatArray]]:
    """The first sample of every window, half a second before the sound to half a second after it, and the windows."""
    around = RATE // 2
    padded = np.pad(samples, (around, around + max(0, _LENGTH - len(samples) - 2 * around)))
    starts = range(0, len(padded) - _LENGTH + 1, hop)
    return [start - around for start in starts], [padded[start : start + _LENGTH] for start in starts]


def _mel_matrix() -> Array:
    """Weights (257 bins, 64 bands) of the package: triangles between whole bins, 0 to 8 kHz."""
    mels = np.linspace(0, 2595 * np.log10(1 + RATE / 2 / 700), _BANDS + 2)
    edges = np.floor((_FFT + 1) * 700 * (10 ** (mels / 2595) - 1) / RATE)
    bins = np.arange(_FFT // 2 + 1)[:, None]
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins - low) / np.maximum(centre - low, 1)
    falling = (high - bins) / np.maximum(high - centre, 1)
    return np.asarray(np.where(bins < low, 0, np.where(bins < centre, rising, np.where(bins < high, falling, 0))))

"""Landmarks after Wang 2003 (An Industrial-Strength Audio Search Algorithm): pairs of spectral peaks, matched by their offset.

1. Magnitudes of 8 kHz sound (1024-point Hann windows every 256). A peak is the highest value among its 25 bins by 13 frames;
   of all peaks the 20 strongest a second are kept.
2. A peak is paired with the next 8 that are up to 2 s later and 128 bins away: (bin, bin, frames between) is a hash.
3. Hashes of an excerpt that an entry has too are counted by how far apart in time they are, give or take a frame. The score is the
   highest count over the number of the excerpt's hashes, as one hash counts once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.fingerprinting import ranked
from model_lab.loader_utils.lru_by_audio import LruByAudio
from model_lab.types import Audio, FloatArray, Label

_RATE, _FFT, _HOP = 8000, 1024, 256
_NEAR_BINS, _NEAR_FRAMES = 25, 13
_PER_SECOND, _FAN = 20, 8
_FARTHEST_FRAMES, _FARTHEST_BINS = 63, 128
_FAINTEST_DB = -80.0

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Landmarks:
    """Hashes in rising order, and the frame of each one's first peak."""

    hashes: Integers
    frames: Integers


def load(card: ModelCard, device: str) -> Bundle:
    remembered = LruByAudio(_landmarks)

    def match(audio: Audio, library: dict[str, Audio]) -> list[Label]:
        excerpt = remembered(audio)
        return ranked({name: _alike(excerpt, remembered(entry)) for name, entry in library.items()})

    return Bundle(card, device, {"fingerprint": match})


def _landmarks(audio: Audio) -> Landmarks:
    frames, bins = _peaks(_levels(audio.mono().resample(_RATE).samples))
    anchors, targets = _pairs(frames, bins)
    hashes = (bins[anchors] * 1024 + bins[targets]) * 64 + frames[targets] - frames[anchors]
    order = np.argsort(hashes, kind="stable")
    return Landmarks(hashes[order], frames[anchors][order])


def _levels(samples: FloatArray) -> npt.NDArray[np.float64]:
    """dB relative to the sound's own loudest bin, (frames, bins)."""
    padded = np.pad(samples, (0, max(0, _FFT - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP] * np.hanning(_FFT)
    power = np.abs(np.fft.rfft(frames)) ** 2
    return np.asarray(10 * np.log10(np.maximum(power / max(power.max(), 1e-12), 1e-12)))


def _peaks(levels: npt.NDArray[np.float64]) -> tuple[Integers, Integers]:
    """Frames and bins of the peaks, by time."""
    from scipy.ndimage import maximum_filter

    highest = maximum_filter(levels, size=(_NEAR_FRAMES, _NEAR_BINS), mode="nearest")
    frames, bins = np.nonzero((levels == highest) & (levels > _FAINTEST_DB))
    most = round(_PER_SECOND * len(levels) * _HOP / _RATE)
    strongest = np.sort(np.argsort(-levels[frames, bins], kind="stable")[: max(most, 1)])
    return frames[strongest].astype(np.int64), bins[strongest].astype(np.int64)


def _pairs(frames: Integers, bins: Integers) -> tuple[Integers, Integers]:
    """Indices of the anchors and of their targets."""
    index_pairs: list[tuple[int, int]] = []
    for anchor, (frame, centre) in enumerate(zip(frames, bins, strict=True)):
        last = int(np.searchsorted(frames, frame + _FARTHEST_FRAMES, side="right"))
        first = int(np.searchsorted(frames, frame, side="right"))
        near = first + np.flatnonzero(np.abs(bins[first:last] - centre) <= _FARTHEST_BINS)[:_FAN]
        index_pairs += [(anchor, int(target)) for target in near]
    pairs = np.array(index_pairs, np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _alike(excerpt: Landmarks, entry: Landmarks) -> float:
    """The share of the excerpt's hashes that the entry has at the best offset, 0 to 1; 0 if either has none."""
    first = np.searchsorted(entry.hashes, excerpt.hashes, side="left")
    last = np.searchsorted(entry.hashes, excerpt.hashes, side="right")
    which = np.repeat(np.arange(len(first)), last - first)
    if not len(which):
        return 0.0
    within = np.arange(len(which)) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
    offsets = entry.frames[np.repeat(first, last - first) + within] - excerpt.frames[which]
    counts = np.bincount(np.unique(np.stack([offsets - offsets.min(), which]), axis=1)[0])
    together = counts + np.append(counts[1:], 0)
    return min(1.0, float(together.max()) / len(excerpt.hashes))

"""A voice activity detector from loudness alone: the simplest that follows a changing background.

1. Level of every 10 ms, smoothed over 50 ms, in dB of full scale; below -70 dB counts as -70, so that digital silence and
   faint hiss are a floor like any other.
2. Noise floor: the 10th percentile of the level within 2.5 s on either side (speech leaves gaps in 5 s).
3. A segment is a stretch above floor + ``margin_db`` / 2 which somewhere rises above floor + ``margin_db``.
4. Pauses shorter than ``min_silence`` are closed, then segments shorter than ``min_speech`` are dropped.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from model_lab.contract import Bundle, ModelCard
from model_lab.types import Audio, FloatArray, Segment

_RATE = 16000
_HOP = 160
_HOPS_PER_SECOND = _RATE // _HOP
_SMOOTHING = 5
_QUIETEST_DB = -70.0
_FLOOR_PERCENTILE = 10
_FLOOR_REACH = 250
_FLOOR_STEP = 50

Levels = npt.NDArray[np.float64]


def load(card: ModelCard, device: str) -> Bundle:
    options = card.options
    min_silence, min_speech = options["min_silence"] * _HOPS_PER_SECOND, options["min_speech"] * _HOPS_PER_SECOND

    def detect(audio: Audio) -> list[Segment]:
        level = _level(audio.mono().resample(_RATE).samples)
        above = level - _floor(level)
        loud = above > options["margin_db"]
        spans = [(a, b) for a, b in _runs(above > options["margin_db"] / 2) if loud[a:b].any()]
        spans = [(a, b) for a, b in _closed(spans, min_silence) if b - a >= min_speech]
        return [Segment(a / _HOPS_PER_SECOND, min(b / _HOPS_PER_SECOND, audio.duration)) for a, b in spans]

    return Bundle(card, device, {"vad": detect})


def _level(samples: FloatArray) -> Levels:
    """dB of full scale, one value per hop."""
    centred = np.pad(samples - samples.mean(), (0, -len(samples) % _HOP))
    power = np.square(centred.reshape(-1, _HOP)).mean(axis=1, dtype=np.float64)
    reach = _SMOOTHING // 2
    smooth = np.convolve(np.pad(power, reach, mode="edge"), np.full(_SMOOTHING, 1 / _SMOOTHING), mode="valid")
    return 10 * np.log10(np.maximum(smooth, 10 ** (_QUIETEST_DB / 10)))


def _floor(level: Levels) -> Levels:
    """The noise floor under each hop, taken every half second and joined by straight lines."""
    hops = np.arange(len(level))
    centres = hops[::_FLOOR_STEP]
    lows = [np.percentile(level[max(0, c - _FLOOR_REACH) : c + _FLOOR_REACH + 1], _FLOOR_PERCENTILE) for c in centres]
    return np.interp(hops, centres, lows)


def _runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """``[start, end)`` of every stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _closed(spans: list[tuple[int, int]], shortest_gap: float) -> list[tuple[int, int]]:
    """``spans`` with gaps shorter than ``shortest_gap`` hops filled."""
    if not spans:
        return []
    breaks = [(before[1], after[0]) for before, after in pairwise(spans) if after[0] - before[1] >= shortest_gap]
    return list(zip([spans[0][0], *(b for _, b in breaks)], [*(a for a, _ in breaks), spans[-1][1]], strict=True))

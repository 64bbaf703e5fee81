"""Beats by aubio (Brossier 2006): an onset function every 11.6 ms, its period by autocorrelation, beats predicted as sound comes in.

The tempo is 60 over the median distance of the beats.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig, nearest
from model_lab.types import Audio, Beats

_RATE = 44100
_WINDOW, _HOP = 1024, 512
_METHODS = ("default", "specdiff", "hfc", "complex", "phase", "energy", "kl", "mkl", "specflux")


def load(card: ModelCard, device: str) -> Bundle:
    import aubio

    method = str(card.options["method"])
    if method not in _METHODS:
        raise BadConfig(
            f"{card.name}: option method is {method!r}{nearest(method, _METHODS)}; expected one of: {', '.join(_METHODS)}"
        )

    def estimate(audio: Audio) -> Beats:
        samples = audio.mono().resample(_RATE).samples
        tracker = aubio.tempo(method, _WINDOW, _HOP, _RATE)
        beat_times = []
        for block in np.pad(samples, (0, -len(samples) % _HOP)).reshape(-1, _HOP):
            if tracker(block)[0]:
                beat_times.append(tracker.get_last_s())
        times = np.unique(np.asarray(beat_times, np.float32))
        times = times[(times >= 0) & (times <= audio.duration)]
        return Beats(60 / float(np.median(np.diff(times))) if times.size > 1 else 0.0, times)

    return Bundle(card, device, {"tempo": estimate})

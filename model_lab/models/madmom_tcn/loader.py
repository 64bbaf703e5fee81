"""madmom's beat tracker (Davies and Böck 2019): an activation every 10 ms at 44.1 kHz, decoded with madmom's dynamic Bayesian network.

The tempo is 60 over the median distance of the beats.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.types import Audio, Beats

_RATE = 44100
_FRAMES_PER_SECOND = 100


def load(card: ModelCard, device: str) -> Bundle:
    from madmom.audio.signal import Signal
    from madmom.features.beats import DBNBeatTrackingProcessor, TCNBeatProcessor

    networks = TCNBeatProcessor(fps=_FRAMES_PER_SECOND, intra_op_num_threads=threads())
    decoder = DBNBeatTrackingProcessor(fps=_FRAMES_PER_SECOND)

    def estimate(audio: Audio) -> Beats:
        samples = audio.mono().resample(_RATE).samples
        activations = np.atleast_1d(networks(Signal(samples, sample_rate=_RATE, num_channels=1)))  # of one frame: a number
        times = np.asarray(decoder(activations), np.float32)
        times = times[times <= audio.duration]
        return Beats(60 / float(np.median(np.diff(times))) if times.size > 1 else 0.0, times)

    return Bundle(card, device, {"tempo": estimate})

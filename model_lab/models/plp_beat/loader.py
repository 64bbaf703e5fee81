"""Beats at the peaks of the predominant local pulse (Grosche and Mueller 2011), in librosa; the tempo is 60 over their median distance."""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.types import Audio, Beats

_RATE = 22050
_HOP = 512


def load(card: ModelCard, device: str) -> Bundle:
    import librosa

    slowest, fastest = (float(card.options[name]) for name in ("tempo_min", "tempo_max"))

    def estimate(audio: Audio) -> Beats:
        samples = audio.mono().resample(_RATE).samples
        if len(samples) <= _HOP:  # a pulse takes two frames
            return Beats(0.0)
        pulse = librosa.beat.plp(y=samples, sr=_RATE, hop_length=_HOP, tempo_min=slowest, tempo_max=fastest)
        times = librosa.frames_to_time(np.flatnonzero(librosa.util.localmax(pulse)), sr=_RATE, hop_length=_HOP)
        times = np.asarray(times[times <= audio.duration], np.float32)
        return Beats(60 / float(np.median(np.diff(times))) if times.size > 1 else 0.0, times)

    return Bundle(card, device, {"tempo": estimate})

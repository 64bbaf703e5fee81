"""Beats by dynamic programming over the onset strength (Ellis 2007), in librosa."""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.types import Audio, Beats

_RATE = 22050


def load(card: ModelCard, device: str) -> Bundle:
    import librosa

    start_bpm, tightness = (float(card.options[name]) for name in ("start_bpm", "tightness"))

    def estimate(audio: Audio) -> Beats:
        samples = audio.mono().resample(_RATE).samples
        tempo, times = librosa.beat.beat_track(y=samples, sr=_RATE, start_bpm=start_bpm, tightness=tightness, units="time")
        return Beats(float(np.ravel(tempo)[0]), np.asarray(times, np.float32))

    return Bundle(card, device, {"tempo": estimate})

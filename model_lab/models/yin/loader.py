"""YIN (librosa): the dip of the normalised difference function, frame by frame, one every 11.6 ms.

librosa keeps YIN's aperiodicity to itself, so every frame is called voiced. Sound is taken in stretches of frames, so that
memory does not grow with it: frames do not know of each other.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.types import Audio, PitchTrack

_RATE = 22050
_FRAME, _HOP = 2048, 256
_STRETCH = 2000
"""Frames that are asked about at once."""


def load(card: ModelCard, device: str) -> Bundle:
    import librosa

    fmin, fmax = float(card.options["fmin"]), float(card.options["fmax"])

    def track(audio: Audio) -> PitchTrack:
        samples = audio.mono().resample(_RATE).samples
        frames = len(samples) // _HOP + 1
        padded = np.pad(samples, _FRAME // 2)
        f0_hz = [
            librosa.yin(
                padded[first * _HOP : (min(first + _STRETCH, frames) - 1) * _HOP + _FRAME],
                fmin=fmin,
                fmax=fmax,
                sr=_RATE,
                frame_length=_FRAME,
                hop_length=_HOP,
                center=False,
            )
            for first in range(0, frames, _STRETCH)
        ]
        times = np.arange(frames) * (_HOP / _RATE)
        return PitchTrack(times.astype(np.float32), np.concatenate(f0_hz).astype(np.float32), np.ones(frames, np.float32))

    return Bundle(card, device, {"pitch": track})

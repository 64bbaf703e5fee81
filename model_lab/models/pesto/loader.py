"""PESTO: a network of 130,000 weights on a constant-Q spectrum (27.5 Hz up, three bins a semitone), one value every 10 ms.

Voiced is the confidence of the package's own classifier. That falls with the level of the sound, and calls quiet singing unvoiced:
sound is brought to full scale first. It is taken in stretches of 20 s, each with a second of what is
around it, so that memory does not grow with the sound.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.loader_utils.torchaudio_stub import torchaudio_stub
from model_lab.types import Audio, PitchTrack

_RATE = 16000
_HOP = 160
_STRETCH, _AROUND = 2000, 100
"""Frames that are asked about at once, and frames before and after them that are only heard."""


def load(card: ModelCard, device: str) -> Bundle:
    with torchaudio_stub():
        import pesto
    import torch

    torch.set_num_threads(threads())
    model = pesto.load_model("mir-1k_g7", step_size=1000 * _HOP / _RATE, sampling_rate=_RATE).to(device)

    def track(audio: Audio) -> PitchTrack:
        samples = audio.mono().resample(_RATE).samples
        samples = samples / (np.abs(samples).max() or np.float32(1.0))
        frames = len(samples) // _HOP + 1
        samples = np.pad(samples, (0, _AROUND * _HOP))
        f0_hz, voiced = np.zeros(frames, np.float32), np.zeros(frames, np.float32)
        for first in range(0, frames, _STRETCH):
            start, last = max(0, first - _AROUND), min(frames, first + _STRETCH)
            stretch = torch.from_numpy(samples[start * _HOP : (last + _AROUND) * _HOP])
            with torch.inference_mode():
                outputs = model(stretch, sr=_RATE, convert_to_freq=True, return_activations=False)
            for whole, part in zip((f0_hz, voiced), outputs, strict=False):
                whole[first:last] = part.numpy()[first - start : last - start]
        return PitchTrack((np.arange(frames) * (_HOP / _RATE)).astype(np.float32), f0_hz, voiced)

    return Bundle(card, device, {"pitch": track})

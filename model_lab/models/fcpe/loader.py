"""FCPE: a convolutional network of 10.8 million weights on the mel spectrum of 16 kHz sound, one value every 10 ms.

Voiced is the decision of the authors' threshold (0 or 1): the network's score is far below 0.5 in much that is voiced. Sound is taken in
stretches of 20 s, each with a second of what is around it, so that memory does not grow with the sound.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.types import Audio, FloatArray, PitchTrack

_RATE = 16000
_HOP = 160
_STRETCH, _AROUND = 2000, 100
"""Frames that are asked about at once, and frames before and after them that are only heard."""


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from torchfcpe import spawn_infer_model_from_pt

    torch.set_num_threads(threads())
    model = spawn_infer_model_from_pt(str(card.file("fcpe_c_v001.pt")), device, bundled_model=True)
    network, threshold = model.model, float(card.options["threshold"])

    def scored(samples: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Frequency in Hz and score, 0 to 1, of each frame of ``samples``; the package's own call gives no frequency below a threshold."""
        with torch.inference_mode():
            classes = network(model.wav2mel(torch.from_numpy(samples)[None, :, None], _RATE))
            f0_hz = network.cent_to_f0(network.latent2cents_local_decoder(classes, mask=False))
        return f0_hz[0, :, 0].numpy(), classes[0].amax(dim=-1).numpy()

    def track(audio: Audio) -> PitchTrack:
        samples = audio.mono().resample(_RATE).samples
        frames = len(samples) // _HOP + 1
        f0_hz, score = np.zeros(frames, np.float32), np.zeros(frames, np.float32)
        for first in range(0, frames, _STRETCH):
            start, last = max(0, first - _AROUND), min(frames, first + _STRETCH)
            stretch = samples[start * _HOP : (last + _AROUND) * _HOP]
            for whole, part in zip((f0_hz, score), scored(stretch), strict=True):
                whole[first:last] = part[first - start : last - start]
        return PitchTrack((np.arange(frames) * (_HOP / _RATE)).astype(np.float32), f0_hz, (score > threshold).astype(np.float32))

    return Bundle(card, device, {"pitch": track})

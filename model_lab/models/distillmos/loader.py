"""DistillMOS: the mean of the opinion scores it predicts for windows of 7.68 s, at most a second apart.

The windows are those of the package's own `forward`, which puts them all into one batch; here they go in small batches, so
that memory does not grow with the sound.
"""

from __future__ import annotations

import math
import sys
from types import ModuleType
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.types import Audio

_RATE = 16000
_WINDOW = 122880
_HOP = 16000
_BATCH = 4


def load(card: ModelCard, device: str) -> Bundle:
    import torch

    torch.set_num_threads(threads())
    model = _model_class()(segmenting_in_forward=False).eval()

    def rate(audio: Audio, clean: Audio | None = None) -> dict[str, float]:
        samples = audio.mono().resample(_RATE).samples
        samples = np.pad(samples, (0, max(0, _WINDOW - len(samples))))
        spare = len(samples) - _WINDOW
        starts = [int(place * spare) for place in np.linspace(0, 1, math.ceil(spare / _HOP) + 1)]
        scores: list[float] = []
        with torch.inference_mode():
            for first in range(0, len(starts), _BATCH):
                batch = np.stack([samples[start : start + _WINDOW] for start in starts[first : first + _BATCH]])
                scores += model(torch.from_numpy(batch)).ravel().tolist()
        return {"mos": float(np.mean(scores))}

    return Bundle(card, device, {"quality": rate})


def _model_class() -> Any:
    """The package's model; it imports torchaudio for reading files, which is not needed here and not always loadable."""
    absent = "torchaudio" not in sys.modules
    sys.modules.setdefault("torchaudio", ModuleType("torchaudio"))
    try:
        from distillmos import ConvTransformerSQAModel
    finally:
        if absent:
            del sys.modules["torchaudio"]
    return ConvTransformerSQAModel

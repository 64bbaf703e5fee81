"""Hush: DeepFilterNet 3 fine-tuned against background talkers; frames of 10 ms at 16 kHz.

The network is stepped by the package's own code, with its spectrum in numpy. Sound above 8 kHz does not come through.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import enhancing
from model_lab.types import Audio, FloatArray

_RATE = 16000
_FRAME = 160
_LAG = 160
"""Samples by which the output is late: one frame of overlap-add."""


def load(card: ModelCard, device: str) -> Bundle:
    package = _package()
    model = package.HushModel(str(card.file("enc.onnx").parent))
    limit_db = float(card.options["attenuation_limit_db"])

    def filtered(samples: FloatArray) -> FloatArray:
        session = package.HushSession(model, limit_db)
        frames = np.zeros((-(-(len(samples) + _LAG) // _FRAME), _FRAME), np.float32)
        frames.ravel()[: len(samples)] = samples
        return np.concatenate([session.process_frame(frame) for frame in frames])[_LAG:]

    def enhance(audio: Audio) -> Audio:
        return enhancing.at_rate(audio, _RATE, filtered)

    return Bundle(card, device, {"enhance": enhance})


def _package() -> Any:
    """The package's module of the model alone: its own ``__init__`` needs LiveKit's agents, which are not installed."""
    name = "livekit.plugins.hush"
    if name not in sys.modules:
        found = importlib.util.find_spec(name)
        folder = ModuleType(name)
        folder.__path__ = list(found.submodule_search_locations or ()) if found else []
        sys.modules[name] = folder
    return importlib.import_module(f"{name}._hush_model")

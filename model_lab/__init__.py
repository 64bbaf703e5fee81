"""Model Lab: a test bench for audio AI.

The calls most programs need::

    import model_lab

    with model_lab.load("kokoro") as model:          # runs in the model's own environment
        audio = model.tts("Hello, world.")
    runs = model_lab.evaluate("faster_whisper", "librivox_pocketsphinx")
    conversation = model_lab.pipeline("meeting.m4a")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model_lab.version import __version__ as __version__

if TYPE_CHECKING:
    from model_lab.api import evaluate, load, pipeline
    from model_lab.errors import ModelLabError
    from model_lab.types import Audio

__all__ = ["Audio", "ModelLabError", "evaluate", "load", "pipeline"]

_HOMES = {
    "Audio": "model_lab.types",
    "ModelLabError": "model_lab.errors",
    "evaluate": "model_lab.api",
    "load": "model_lab.api",
    "pipeline": "model_lab.api",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is: ``import model_lab`` alone costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'model_lab' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)

"""The truth about a recording that is played faster or slower."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from model_lab.datasets import degradations
from model_lab.types import Audio

_TIMES = frozenset(("start", "end", "onset", "offset", "duration", "times", "speech"))
_FREQUENCIES = frozenset(("f0_hz", "pitch_hz", "formants_hz", "tempo_bpm"))


def sped(truth: Any, factor: float) -> Any:
    """``truth`` of sound that is played ``factor`` times as fast, as from a tape: times / factor, frequencies and tempo x factor.

    Sound in it is played so too. An array by itself holds frequencies (of formants). What is neither stays: words, labels, names.

    >>> from model_lab.types import Note, Turn
    >>> sped([Note(1.0, 2.0, 440.0)], 2.0), sped(Turn(3.0, 6.0, "ann"), 1.5)
    ([Note(onset=0.5, offset=1.0, pitch_hz=880.0, velocity=1.0)], Turn(start=2.0, end=4.0, speaker='ann'))
    """
    if isinstance(truth, Audio):
        return degradations.speed(truth, factor)
    if isinstance(truth, np.ndarray):
        return _scaled(truth, factor)
    if isinstance(truth, (list, tuple)):
        return type(truth)(sped(item, factor) for item in truth)
    if isinstance(truth, dict):
        return {key: sped(item, factor) for key, item in truth.items()}
    if not dataclasses.is_dataclass(truth) or isinstance(truth, type):
        return truth
    return dataclasses.replace(
        truth, **{each.name: _field(each.name, getattr(truth, each.name), factor) for each in dataclasses.fields(truth)}
    )


def _field(name: str, value: Any, factor: float) -> Any:
    if name in _TIMES:
        return _scaled(value, 1 / factor)
    if name in _FREQUENCIES:
        return _scaled(value, factor)
    return value if isinstance(value, np.ndarray) else sped(value, factor)


def _scaled(value: Any, by: float) -> Any:
    if isinstance(value, np.ndarray):
        return (value * by).astype(value.dtype)
    if isinstance(value, tuple):
        return tuple(number * by for number in value)
    return None if value is None else value * by

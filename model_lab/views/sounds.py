"""Sounds to play."""

from __future__ import annotations

from typing import Any

from model_lab.types import Audio
from model_lab.views._base import View, is_a
from model_lab.views.parts import Sound


def _are_sounds(answer: Any) -> bool:
    return isinstance(answer, dict) and bool(answer) and all(isinstance(sound, Audio) for sound in answer.values())


SOUND = View(fits=is_a(Audio), answer=lambda sample, audio: [Sound("answer", audio)])
"""One `Audio`."""

STEMS = View(fits=_are_sounds, answer=lambda sample, stems: [Sound(name, stem) for name, stem in stems.items()])
"""A dict of names and `Audio`."""

"""Numbers: one, or a few with names."""

from __future__ import annotations

from typing import Any

from model_lab.views._base import View, is_a
from model_lab.views.parts import Facts, Text


def _are_numbers(answer: Any) -> bool:
    return isinstance(answer, dict) and bool(answer) and all(isinstance(value, (int, float)) for value in answer.values())


NUMBER = View(fits=is_a(bool, int, float), answer=lambda sample, number: [Text(f"{number:.6g}")])
"""One number."""

SCALES = View(fits=_are_numbers, answer=lambda sample, scales: [Facts({name: f"{value:.4g}" for name, value in scales.items()})])
"""A dict of names and numbers."""

"""Texts that are not aligned word by word: captions, summaries."""

from __future__ import annotations

from model_lab.views._base import View, is_a
from model_lab.views.parts import Remark, Text

TEXT = View(fits=is_a(str), answer=lambda sample, text: [Text(text) if text.strip() else Remark("Empty text.")])
"""A text, against another."""

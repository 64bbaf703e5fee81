"""Embeddings."""

from __future__ import annotations

import numpy as np

from model_lab.views._base import View, is_a
from model_lab.views.parts import Remark

VECTOR = View(
    fits=is_a(np.ndarray),
    answer=lambda sample, vector: [Remark(f"A vector of {vector.size} numbers, of length {np.linalg.norm(vector):.3f}.")],
)
"""An array of numbers, shape ``(d,)``."""

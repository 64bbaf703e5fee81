"""Answers that are vectors of length 1: what breaks their form, and those of the baseline models."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from model_lab.types import FloatArray

SIZE = 256
"""Values in the vectors of the baseline models."""


def vector_problems(answer: Any) -> list[str]:
    """What keeps ``answer`` from being a vector of length 1: a wrong type or shape, another length, NaN."""
    if not isinstance(answer, np.ndarray) or answer.dtype != np.float32 or answer.ndim != 1:
        form = f"{answer.dtype} array of shape {answer.shape}" if isinstance(answer, np.ndarray) else type(answer).__name__
        return [f"answer is a {form}; expected a float32 array of shape (d,)"]
    length = float(np.linalg.norm(answer))
    return [] if abs(length - 1) < 1e-3 else [f"answer has the length {length:.4f}; expected 1"]


def constant() -> FloatArray:
    """The same vector for everything."""
    return np.full(SIZE, SIZE**-0.5, np.float32)


def direction(rng: np.random.Generator) -> FloatArray:
    """A random vector."""
    vector = rng.standard_normal(SIZE)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def direction_of(name: str) -> FloatArray:
    """A vector of its own for every name."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return direction(np.random.default_rng(seed))

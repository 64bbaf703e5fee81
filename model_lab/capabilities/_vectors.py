"""Embeddings of length 1: their check, and the answers of the baseline models."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from model_lab.types import FloatArray

SIZE = 256
"""Dimension of the baseline models' vectors."""


def vector_problems(answer: Any) -> list[str]:
    """Check that an answer is an embedding.

    Args:
        answer: Answer; expected float32 of shape ``(d,)`` and length 1 (+-0.001).

    Returns:
        At most one problem: another type or shape, another length, NaN.
    """
    if not isinstance(answer, np.ndarray) or answer.dtype != np.float32 or answer.ndim != 1:
        form = f"{answer.dtype} array of shape {answer.shape}" if isinstance(answer, np.ndarray) else type(answer).__name__
        return [f"answer is a {form}; expected a float32 array of shape (d,)"]
    length = float(np.linalg.norm(answer))
    return [] if abs(length - 1) < 1e-3 else [f"answer has the length {length:.4f}; expected 1"]


def constant() -> FloatArray:
    """The empty answer: one vector for every input.

    Returns:
        float32, shape ``(SIZE,)``, length 1.
    """
    return np.full(SIZE, SIZE**-0.5, np.float32)


def direction(rng: np.random.Generator) -> FloatArray:
    """A random vector.

    Args:
        rng: Generator it is drawn from.

    Returns:
        float32, shape ``(SIZE,)``, length 1, uniformly distributed over directions.
    """
    vector = rng.standard_normal(SIZE)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def direction_of(name: str) -> FloatArray:
    """A distinct vector for every name.

    Args:
        name: Name of a class or a speaker.

    Returns:
        float32, shape ``(SIZE,)``, length 1; the same for the same name.
    """
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return direction(np.random.default_rng(seed))

"""Code shared by audio embedding models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model_lab.deprecation import renamed
from model_lab.errors import BadAudio
from model_lab.types import Audio, FloatArray


def unit_vector(vector: npt.NDArray[Any], model: str, audio: Audio) -> FloatArray:
    """``vector`` scaled to length 1. Raises `BadAudio`, naming the ``model``, for a zero vector, as silence may give."""
    length = float(np.linalg.norm(vector))
    if not length > 0:
        raise BadAudio(
            f"{model}: the {audio.duration:.2f} s of audio give a vector of length {length:g}; expected audio that is not silent"
        )
    return np.asarray(vector / length, np.float32)


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"unit": "unit_vector"})

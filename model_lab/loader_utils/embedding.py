"""What models that turn sound into vectors share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.errors import BadAudio
from model_lab.types import Audio, FloatArray


def unit(vector: npt.NDArray[Any], model: str, audio: Audio) -> FloatArray:
    """``vector`` at length 1; raises `BadAudio`, naming the ``model``, if it has no direction: it heard nothing in the sound."""
    length = float(np.linalg.norm(vector))
    if not length > 0:
        raise BadAudio(
            f"{model}: the {audio.duration:.2f} s of sound give a vector of length {length:g}; expected something to hear"
        )
    return np.asarray(vector / length, np.float32)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_lab.audio import write
from model_lab.types import Audio


@pytest.fixture
def folder(tmp_path):
    """A dataset folder with three sounds: ``a.wav`` and ``b.wav`` of 2 s, ``long.wav`` of 3 s."""
    for name, seconds in (("a", 2), ("b", 2), ("long", 3)):
        samples = 0.1 * np.random.default_rng(seconds).standard_normal(16000 * seconds)
        write(tmp_path / f"{name}.wav", Audio(samples.astype(np.float32), 16000))
    return tmp_path


@pytest.fixture
def resolve(folder):
    def inside(name: str) -> Path:
        return folder / name

    return inside

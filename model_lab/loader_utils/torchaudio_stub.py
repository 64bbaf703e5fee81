"""A stub for packages that import torchaudio only to read files; torchaudio itself does not load with the CPU build."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def torchaudio_stub() -> Iterator[None]:
    """Make ``import torchaudio`` return an empty module in this context, unless the real one is already imported."""
    absent = "torchaudio" not in sys.modules
    sys.modules.setdefault("torchaudio", ModuleType("torchaudio"))
    try:
        yield
    finally:
        if absent:
            del sys.modules["torchaudio"]

"""For packages that import torchaudio to read files, which a loader never needs, and which does not load with the CPU build."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def torchaudio_stub() -> Iterator[None]:
    """While it lasts, ``import torchaudio`` gives an empty module, unless the real one is there already."""
    absent = "torchaudio" not in sys.modules
    sys.modules.setdefault("torchaudio", ModuleType("torchaudio"))
    try:
        yield
    finally:
        if absent:
            del sys.modules["torchaudio"]

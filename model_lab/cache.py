"""Where downloaded and built things are kept: one folder per user, moved with ``MODEL_LAB_CACHE``."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from model_lab.errors import StoreError

VARIABLE = "MODEL_LAB_CACHE"
"""The environment variable that moves the cache."""


def root() -> Path:
    """The cache folder: ``$MODEL_LAB_CACHE``, or ``model-lab`` in the user's cache folder; raises `StoreError` if there is none."""
    try:
        if chosen := os.environ.get(VARIABLE):
            return Path(chosen).expanduser().resolve()
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "model-lab"
    except RuntimeError as error:  # no home folder
        raise StoreError(f"there is no folder for the cache ({error}); name one: {VARIABLE}=/path/to/folder") from None


def folder(*parts: str) -> Path:
    """A folder inside the cache; not created."""
    return root().joinpath(*parts)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

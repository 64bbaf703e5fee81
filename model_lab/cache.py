"""The cache of downloads and environments: one folder per user, set with ``MODEL_LAB_CACHE``."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from model_lab.errors import StoreError

VARIABLE = "MODEL_LAB_CACHE"
"""The environment variable with the path of the cache."""


def root() -> Path:
    """The cache folder: ``$MODEL_LAB_CACHE``, or ``model-lab`` in the user's cache folder. Raises `StoreError` if there is none."""
    try:
        if configured := os.environ.get(VARIABLE):
            return Path(configured).expanduser().resolve()
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "model-lab"
    except RuntimeError as error:  # no home folder
        raise StoreError(f"there is no folder for the cache ({error}); name one: {VARIABLE}=/path/to/folder") from None


def folder(*parts: str) -> Path:
    """The path of a folder inside the cache; the folder is not created."""
    return root().joinpath(*parts)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

"""Writing what people read."""

from __future__ import annotations

import os
from pathlib import Path

from model_lab.errors import StoreError


def write(path: Path, text: str) -> None:
    """Replace ``path`` by ``text``, whole or not at all; raises `StoreError` if the disk refuses."""
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, "utf-8")
        partial.replace(path)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise StoreError(f"{path} cannot be written ({reason}); free the disk or choose another folder") from None

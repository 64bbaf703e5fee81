"""Paths that data names, kept inside the folder they belong to."""

from __future__ import annotations

from pathlib import Path

from model_lab.errors import BadManifest


def inside(folder: Path, name: str) -> Path:
    """``folder / name``, links followed; raises `BadManifest` if it leaves ``folder`` or does not exist."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise BadManifest(f"path {name!r} leaves its folder {folder}; put the file inside and name it relative to the manifest")
    if not path.exists():
        raise BadManifest(f"file {name!r} is not in {folder}; put it there or mend the manifest")
    return path

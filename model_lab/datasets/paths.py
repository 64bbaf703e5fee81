"""The files that a manifest names: relative to it, with /, and inside its folder."""

from __future__ import annotations

import re
from pathlib import Path

from model_lab.errors import BadManifest, nearest

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def inside(folder: Path, value: str) -> Path:
    """The file in ``folder`` (resolved) that ``value`` names. Raises `BadManifest`, with the name that was meant if there is one."""
    if not isinstance(value, str) or not value:
        raise BadManifest(f"a path is {value!r}; expected the name of a file, relative to the manifest")
    try:
        path = (folder / value).resolve()
        if not Path(value).is_absolute() and path.is_relative_to(folder) and path.is_file():
            return path
        raise BadManifest(_wrong(folder, value, path))
    except (OSError, ValueError, RuntimeError) as error:
        raise BadManifest(f"{value[:80]!r} is not a usable path ({error}); check it") from None


def _wrong(folder: Path, value: str, path: Path) -> str:
    """What is wrong with a name, and what to write instead."""
    if _ADDRESS.match(value):
        return f"{value[:80]} is an address; put the file into {folder} and name it by its path there"
    if path.is_relative_to(folder) and Path(value).is_absolute():
        return f"{value} is an absolute path; name the file relative to the manifest: {path.relative_to(folder)}"
    if Path(value).is_absolute() or _DRIVE.match(value) or not path.is_relative_to(folder):
        return f"{value} is outside {folder}; put the file there and name it by a relative path"
    if (slashed := value.replace("\\", "/")) != value and (folder / slashed).is_file():
        return f"{value} is written with \\; write {(folder / slashed).resolve().relative_to(folder)}"
    there = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    return f"{value} is not a file in {folder}{nearest(path.name, there)}; check the path"

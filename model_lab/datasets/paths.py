"""The files that a manifest names: relative to it, with /, and inside its folder; of a user's own data also anywhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

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


def anywhere(folder: Path, value: str) -> Path:
    """The file that ``value`` names: an absolute path, or one relative to ``folder``.

    A path written on Windows is looked for by its last parts, all of them first. Raises `BadManifest` if there is no such file.
    """
    if not isinstance(value, str) or not value:
        raise BadManifest(f"a path is {value!r}; expected the name of a file, relative to {folder} or absolute")
    try:
        return next(path for path in _candidates(folder, value) if path.is_file()).resolve()
    except StopIteration:
        raise BadManifest(_absent(folder, value)) from None
    except (OSError, ValueError, RuntimeError) as error:
        raise BadManifest(f"{value[:80]!r} is not a usable path ({error}); check it") from None


def _candidates(folder: Path, value: str) -> Iterator[Path]:
    yield folder / value
    if "\\" in value or _DRIVE.match(value):
        windows = PureWindowsPath(value)
        parts = windows.parts[1:] if windows.anchor else windows.parts
        yield from (folder.joinpath(*parts[first:]) for first in range(len(parts)))


def _absent(folder: Path, value: str) -> str:
    if _ADDRESS.match(value):
        return f"{value[:80]} is an address; download the file and name it by its path"
    if _DRIVE.match(value):
        return f"{value} is a path of Windows, and neither it nor its last parts are a file in {folder}; copy the files there"
    if Path(value).is_absolute():
        return f"{value} is not a file; check the path"
    return _misspelt(folder, value, (folder / value).resolve())


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
    return _misspelt(folder, value, path)


def _misspelt(folder: Path, value: str, path: Path) -> str:
    there = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    return f"{value} is not a file in {folder}{nearest(path.name, there)}; check the path"

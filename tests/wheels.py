"""Tiny packages in a folder, which uv and pip take for an index."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest


def wheel(folder: Path, name: str, version: str, *requires: str, files: Mapping[str, bytes] = {}) -> Path:
    """A package that holds its name, what it requires, and ``files``."""
    info = f"{name}-{version}.dist-info"
    described = "".join(f"Requires-Dist: {line}\n" for line in requires)
    texts = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{described}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in {**files, **texts}.items():
            archive.writestr(file, content)
    return path


def broken_source(folder: Path, name: str, version: str) -> None:
    """A source package that says what it is and cannot be built."""
    backend = "def build_wheel(*_, **__):\n    raise SystemExit('no compiler')\n"
    files = {
        "PKG-INFO": f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n",
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": backend,
    }
    with tarfile.open(folder / f"{name}-{version}.tar.gz", "w:gz") as archive:
        for file, text in files.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{file}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


def use_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Packages come from ``folder``, which is made, and from nowhere else, as pip is told."""
    folder.mkdir(exist_ok=True)
    for variable, value in (("NO_INDEX", "1"), ("FIND_LINKS", str(folder)), ("CONFIG_FILE", "/dev/null")):
        monkeypatch.setenv(f"PIP_{variable}", value)
    monkeypatch.setenv("UV_OFFLINE", "1")
    return folder

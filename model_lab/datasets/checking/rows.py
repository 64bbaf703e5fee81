"""Reads the rows of a manifest one by one: a faulty row is kept with its fault, where a run would stop at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from model_lab.capabilities import Capability
from model_lab.datasets import manifest, paths
from model_lab.datasets.checking._base import CheckedSample
from model_lab.errors import BadManifest
from model_lab.formats import jsonl
from model_lab.formats.plain import content_of


def read(path: Path, capability: Capability) -> Iterator[CheckedSample]:
    """The rows of a JSONL manifest.

    Args:
        path: The manifest.
        capability: What the data is for.

    Yields:
        Every line that is not blank.

    Raises:
        BadManifest: The file cannot be read, or has no lines.
    """
    content = content_of(path, "a JSONL manifest")
    folder, empty = path.parent.resolve(), True
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if line.strip():
            empty = False
            yield _checked(line, f"{path}:{number}", folder, capability)
    if empty:
        raise BadManifest(f"{path} holds no samples; expected one JSON object a line")


def _checked(line: bytes, origin: str, folder: Path, capability: Capability) -> CheckedSample:
    try:
        row = {column: value for column, value in jsonl.row(line, origin).items() if value is not None}
    except BadManifest as error:
        return CheckedSample("", {}, origin, folder, fault=_bare(error, origin))
    sounds, missing = _sounds(row, folder, capability)
    name = str(row.get("id") or Path(str(row.get("audio", ""))).stem)
    try:
        name = manifest.sample_of(row, folder, capability, origin, anywhere=True).id
    except BadManifest as error:
        return CheckedSample(name, row, origin, folder, sounds, "" if missing else _bare(error, origin), missing)
    return CheckedSample(name, row, origin, folder, sounds)


def _sounds(row: Mapping[str, Any], folder: Path, capability: Capability) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The sound files that the inputs of a row name: those that exist, and the names of the others."""
    named = [
        (f"{column}[{place}]" if isinstance(row[column], (list, dict)) else column, name)
        for kind, column in capability.inputs
        if kind == "audio" and column in row
        for place, name in enumerate(_names(row[column]))
    ]
    found = {column: _file(folder, name) for column, name in named}
    missing = tuple(name for column, name in named if found[column] is None)
    return {column: path for column, path in found.items() if path}, missing


def _names(value: Any) -> list[str]:
    """The names in a column: text, a list or an object of them."""
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return [name for name in values if isinstance(name, str) and name]


def _file(folder: Path, name: str) -> Path | None:
    try:
        return paths.anywhere(folder, name)
    except BadManifest:
        return None


def _bare(error: BadManifest, origin: str) -> str:
    return str(error).removeprefix(f"{origin}: ")

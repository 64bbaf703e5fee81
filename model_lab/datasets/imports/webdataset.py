"""WebDataset: tar files whose members of one name are a sample, as ``17.flac``, ``17.txt`` and ``17.json``; one or several shards.

Source:
    WebDataset, "The WebDataset Format" (https://github.com/webdataset/webdataset): members of a sample stand one after the other; a
    sample's name ends at the first dot of the file name, the rest is the name of a field. Nothing is unpacked by the names in a tar.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from model_lab.datasets.imports import _tables, columns
from model_lab.datasets.imports._base import SOUNDS, Encoded, ImportFormat, ImportOptions, ImportRow
from model_lab.errors import BadManifest

_TITLE = "WebDataset"
_BRACES = re.compile(r"\{(\d+)\.\.(\d+)\}")
_TEXTS = {
    "txt": "text",
    "text": "text",
    "transcript": "text",
    "cls": "label",
    "id": "speaker",
    "spk": "speaker",
    "lang": "language",
}
"""Field of plain text -> the column that it most often is."""


def recognises(path: Path) -> bool:
    """Whether it is a tar, a folder with tars and without sound files beside them, or a pattern of such names."""
    listed = shards(path)
    return bool(listed) and listed[0].is_file() and tarfile.is_tarfile(listed[0])


def shards(path: Path) -> list[Path]:
    """The tars that a path stands for: itself, those of a folder, or ``name-{000000..000009}.tar``."""
    if path.is_dir():
        return sorted(path.glob("*.tar")) if not (path / "cuts.000000.jsonl.gz").exists() else []
    if match := _BRACES.search(path.name):
        first, last = match.groups()
        numbers = range(int(first), int(last) + 1)
        return [path.with_name(path.name.replace(match[0], str(number).zfill(len(first)))) for number in numbers]
    return [path] if ".tar" in path.suffixes or path.suffix == ".tgz" else []


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A sample a row; the fields of its .json are columns beside those of its other members."""
    mapping: dict[str, str] = {}
    for origin, fields in _samples(path):
        mapping = mapping or columns.guessed(list(fields), options.columns, options.capability, path)
        yield _tables.converted({name: fields.get(source) for name, source in mapping.items()}, path.parent, origin)


def notes(path: Path, options: ImportOptions) -> list[str]:
    """How many shards there are, and which columns were read."""
    count = len(shards(path))
    _, first = next(_samples(path))
    mapping = columns.guessed(list(first), options.columns, options.capability, path)
    return [f"{count:,} shard{'s' * (count != 1)}", columns.said(mapping, first)]


def _samples(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The fields of every sample, with its tar and name for messages."""
    for shard in shards(path):
        if not shard.is_file():
            raise BadManifest(f"{shard} does not exist; expected every shard of {path.name}")
        yield from _of_shard(shard)


def _of_shard(shard: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    sample, fields = "", dict[str, Any]()
    try:
        with tarfile.open(shard) as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isfile() else None
                if stream is None or PurePosixPath(member.name).name.startswith("."):
                    continue
                name, field = _split(member.name)
                if name != sample and fields:
                    yield f"{shard}, sample {sample}", {"id": sample} | fields
                    fields = {}
                sample = name
                fields |= _fields(field, stream.read(), member.name, f"{shard}, {member.name}")
            if fields:
                yield f"{shard}, sample {sample}", {"id": sample} | fields
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BadManifest(f"{shard} cannot be read as a tar ({error}); copy it again") from None


def _split(name: str) -> tuple[str, str]:
    """The name of a sample and of its field: ``a/17.flac`` is the field ``flac`` of ``a/17``."""
    path = PurePosixPath(name)
    stem, _, field = path.name.partition(".")
    return (path.parent / stem).as_posix(), field.lower()


def _fields(field: str, content: bytes, name: str, origin: str) -> dict[str, Any]:
    """What a member adds to its sample."""
    *before, last = field.split(".")
    if f".{last}" in SOUNDS:
        return {".".join(before) or "audio": Encoded(content, PurePosixPath(name).name)}
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return {field: None}
    if last != "json":
        return {_TEXTS.get(field, field): text.strip()}
    try:
        values = json.loads(text)
    except ValueError as error:
        raise BadManifest(f"{origin} is no JSON ({error}); correct it") from None
    return values if isinstance(values, dict) else {field: values}


FORMAT = ImportFormat("webdataset", _TITLE, "tar files", recognises, read, item="sample", notes=notes, mapped=True)

"""Model Lab's own manifests: one JSON object a line, or all of them in one JSON array."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_lab.datasets.imports import columns
from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow, first_line, located
from model_lab.errors import BadManifest
from model_lab.formats import jsonl, plain


def recognises(path: Path) -> bool:
    """Whether a file's first line begins as a JSON object or an array of them does."""
    return path.is_file() and first_line(path)[:1] in ("{", "[")


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """The rows as they are; with ``--columns``, under the names of manifest columns."""
    for number, row in objects(path):
        yield located(columns.renamed(row, options.columns, path), path.parent, f"{path}:{number}")


def objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines, or of a JSON array, with the number of the line, or of the object in the array."""
    if not first_line(path).startswith("["):
        yield from jsonl.rows(plain.content_of(path, "a JSONL manifest"), path)
        return
    try:
        rows = json.loads(plain.decoded(plain.content_of(path), str(path)))
    except (ValueError, RecursionError) as error:
        raise BadManifest(
            f"{path} begins as a JSON array and is none ({error}); expected objects, one a line or in an array"
        ) from None
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise BadManifest(f"{path}: item {number} of the array is a {type(row).__name__}; expected an object")
        yield number, row


FORMAT = ImportFormat("jsonl", "JSONL manifest", "a file with a JSON object a line", recognises, read, item="sample", mapped=True)

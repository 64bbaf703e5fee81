"""NeMo manifests: a JSON object a line with ``audio_filepath``, ``duration``, and ``text``; ``offset`` where it is a part of a file.

Source:
    NVIDIA NeMo, "Preparing datasets" of its ASR documentation. Relative paths start at the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_lab.datasets import manifest, paths
from model_lab.datasets.imports import jsonl
from model_lab.datasets.imports._base import Excerpt, ImportFormat, ImportOptions, ImportRow, at, first_line
from model_lab.errors import BadManifest

_COLUMNS = {
    "text": "text",
    "lang": "language",
    "language": "language",
    "source_lang": "language",
    "speaker": "speaker",
    "label": "label",
}


def recognises(path: Path) -> bool:
    """Whether the first line is an object with audio_filepath."""
    if not path.is_file():
        return False
    try:
        row = json.loads(first_line(path))
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and "audio_filepath" in row and "audio" not in row


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A row a line; a duration that is shorter than the file makes it a part of it."""
    for number, row in jsonl.objects(path):
        with at(f"{path}:{number}"):
            yield _row(row, path.parent)


def _row(row: dict[str, Any], folder: Path) -> ImportRow:
    if "audio_filepath" not in row:
        raise BadManifest(f"there is no audio_filepath, only {', '.join(row)}; expected the path of a sound file")
    sound = paths.anywhere(folder, row["audio_filepath"])
    values = {column: row[source] for source, column in _COLUMNS.items() if row.get(source) is not None}
    return {"id": row.get("id"), "audio": _part(sound, row.get("offset"), row.get("duration"))} | values


def _part(sound: Path, offset: Any, duration: Any) -> Path | Excerpt:
    for name, value in (("offset", offset), ("duration", duration)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise BadManifest(f"{name} is {value!r}; expected a number of seconds")
    start = float(offset or 0.0)
    length = manifest.seconds(sound)
    if duration is None or length is None or (not start and duration >= length - manifest.rounding_s(length)):
        return Excerpt(sound, start, None) if start else sound
    return Excerpt(sound, start, start + float(duration))


FORMAT = ImportFormat("nemo", "NeMo manifest", "a file of JSON lines with audio_filepath", recognises, read, item="utterance")

"""Folders that Hugging Face datasets writes with ``save_to_disk``: Arrow files with ``state.json`` and ``dataset_info.json``.

A folder of several splits has ``dataset_dict.json`` beside them; the first of test, validation and train is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_lab.datasets import class_labels
from model_lab.datasets.imports import _tables, columns
from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow
from model_lab.datasets.imports.audiofolder import SPLITS, split_notes
from model_lab.errors import BadManifest

_STATE, _INFO, _SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"


def recognises(path: Path) -> bool:
    """Whether a folder has the state of a dataset, or the splits of several."""
    return (path / _SPLITS).is_file() or ((path / _STATE).is_file() and (path / _INFO).is_file())


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A row of the dataset a row; numbers of classes become their names."""
    folder = _folder(path)
    features = _features(folder)
    mapping = columns.guessed(list(features), options.columns, options.capability, path)
    classes = class_labels.of_features(features)
    for origin, row in _records(folder):
        values = class_labels.named(row, classes)
        yield _tables.converted({name: values.get(source) for name, source in mapping.items()}, folder, origin)


def notes(path: Path, options: ImportOptions) -> list[str]:
    """Which split and which columns were read."""
    folder = _folder(path)
    features = list(_features(folder))
    return [
        *split_notes(path, folder),
        columns.said(columns.guessed(features, options.columns, options.capability, path), features),
    ]


def _folder(path: Path) -> Path:
    """The folder of the split that is read."""
    if not (path / _SPLITS).is_file():
        return path
    splits = _json(path / _SPLITS).get("splits", [])
    first = next((name for name in (*SPLITS, *splits) if name in splits), None)
    if not isinstance(first, str) or not (path / first / _STATE).is_file():
        raise BadManifest(f"{path} has the splits {splits}; expected a folder with {_STATE} for each")
    return path / first


def _features(folder: Path) -> dict[str, Any]:
    features = _json(folder / _INFO).get("features")
    if not isinstance(features, dict) or not features:
        raise BadManifest(f"{folder / _INFO} has no features; expected those of a dataset saved with save_to_disk")
    return features


def _records(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of all Arrow files, in their order, with their place for messages."""
    import pyarrow

    names = [entry.get("filename") for entry in _json(folder / _STATE).get("_data_files", []) if isinstance(entry, dict)]
    number = 0
    for name in names:
        file = folder / Path(str(name)).name
        try:
            with pyarrow.memory_map(str(file)) as source, pyarrow.ipc.open_stream(source) as stream:
                for batch in stream:
                    for start in range(0, batch.num_rows, 64):
                        for row in batch.slice(start, 64).to_pylist():
                            number += 1
                            yield f"{folder}, row {number}", row
        except (pyarrow.ArrowException, OSError) as error:
            raise BadManifest(
                f"{file} cannot be read as Arrow ({str(error).splitlines()[0][:120]}); save the dataset again"
            ) from None


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadManifest(f"{path} cannot be read ({error}); expected the JSON that save_to_disk writes") from None
    return content if isinstance(content, dict) else {}


FORMAT = ImportFormat(
    "save_to_disk",
    "dataset saved by Hugging Face datasets",
    f"a folder with {_STATE} and {_INFO}",
    recognises,
    read,
    "row",
    notes,
    mapped=True,
)

"""Hugging Face's audiofolder: ``metadata.csv``, ``.jsonl`` or ``.parquet`` with ``file_name``, in a folder or in one for each split.

Source:
    Hugging Face datasets, "Create an audio dataset" (AudioFolder).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_lab.datasets.imports import _tables, columns
from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow
from model_lab.errors import BadManifest

_TABLES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
SPLITS = ("test", "validation", "valid", "dev", "train")
"""Folders of splits, the one that is read first."""


def recognises(path: Path) -> bool:
    """Whether a folder, or a split in it, has a table of metadata with file_name."""
    return path.is_dir() and bool(_all_tables(path))


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A row of the table a row; files are relative to the table."""
    table = _table(path)
    return _tables.mapped_rows(table, _with_file(table, options), table.parent)


def notes(path: Path, options: ImportOptions) -> list[str]:
    """Which split and which columns were read."""
    table = _table(path)
    names = _tables.names_of(table)
    mapping = columns.guessed(names, _with_file(table, options).columns, options.capability, table)
    return [*split_notes(path, table.parent), columns.said(mapping, names)]


def split_notes(path: Path, used: Path) -> list[str]:
    """Which split of ``path`` was read, if it is in a folder of its own, and the folders of the others."""
    if used == path:
        return []
    others = [str(path / name) for name in SPLITS if (path / name).is_dir() and path / name != used]
    elsewhere = f"; for another name its folder: {', '.join(others)}" if others else ""
    return [f"split {used.name}{elsewhere}"]


def _all_tables(path: Path) -> list[Path]:
    folders = [path, *(path / name for name in SPLITS)]
    tables = [folder / name for folder in folders for name in _TABLES if (folder / name).is_file()]
    return [table for table in tables if {"file_name", "audio_file_name"} & set(_names(table))]


def _names(table: Path) -> list[str]:
    try:
        return _tables.names_of(table)
    except BadManifest:
        return []


def _table(path: Path) -> Path:
    tables = _all_tables(path)
    if not tables:
        raise BadManifest(
            f"{path} has no {', '.join(_TABLES)} with the column file_name; expected one, also in {', '.join(SPLITS)}"
        )
    if len(tables) > 1 and tables[1].parent == tables[0].parent:
        raise BadManifest(f"{tables[0].parent} has {tables[0].name} and {tables[1].name}; expected one of them")
    return tables[0]


def _with_file(table: Path, options: ImportOptions) -> ImportOptions:
    """The options, with the column that is the sound in this format."""
    source = "file_name" if "file_name" in _names(table) else "audio_file_name"
    return options if "audio" in options.columns else ImportOptions({"audio": source} | dict(options.columns), options.capability)


FORMAT = ImportFormat(
    "audiofolder",
    "Hugging Face audiofolder",
    "a folder with metadata.csv, .jsonl or .parquet that has file_name",
    recognises,
    read,
    notes=notes,
    mapped=True,
)

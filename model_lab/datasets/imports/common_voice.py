"""Common Voice: tables such as ``test.tsv`` with the columns ``client_id``, ``path`` and ``sentence``, beside a folder ``clips``.

Source:
    Mozilla Common Voice, the layout of its downloads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_lab.datasets import paths
from model_lab.datasets.imports import _tables
from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow, at, first_line
from model_lab.errors import BadManifest

_NEEDED = {"client_id", "path", "sentence"}
_SPLITS = ("test", "dev", "validated", "train")


def recognises(path: Path) -> bool:
    """Whether a table, or one in a folder, has the columns of Common Voice and clips beside it."""
    return any(_is_table(table) and (table.parent / "clips").is_dir() for table in _tables_at(path))


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A clip a row. Speakers are the ids of clients; the language is that of column locale."""
    table = _chosen(path)
    for origin, row in _tables.delimited(table, "\t", quoted=False):
        with at(origin):
            sound = paths.anywhere((table.parent / "clips").resolve(), row["path"])
        columns = {"text": row["sentence"], "speaker": row["client_id"], "language": row.get("locale", "")}
        yield {"audio": sound} | {column: value for column, value in columns.items() if value or column == "text"}


def notes(path: Path, options: ImportOptions) -> list[str]:
    """Which table was read, and which others there are."""
    chosen = _chosen(path)
    others = [table.name for table in _tables_at(path) if table != chosen and _is_table(table)]
    return [f"read {chosen.name}; for another name it: {', '.join(others)}"] if others else []


def _tables_at(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.glob("*.tsv")) if path.is_dir() else []


def _is_table(path: Path) -> bool:
    return set(first_line(path).split("\t")) >= _NEEDED


def _chosen(path: Path) -> Path:
    tables = [table for table in _tables_at(path) if _is_table(table)]
    if not tables:
        raise BadManifest(
            f"{path} has no table with the columns client_id, path and sentence; expected test.tsv beside a folder clips"
        )
    rank = {f"{name}.tsv": place for place, name in enumerate(_SPLITS)}
    return min(tables, key=lambda table: (rank.get(table.name, len(rank)), table.name))


FORMAT = ImportFormat(
    "common_voice",
    "Common Voice",
    "test.tsv with client_id, path and sentence beside clips/",
    recognises,
    read,
    item="clip",
    notes=notes,
)

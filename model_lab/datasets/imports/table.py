"""Tables with a header: CSV, TSV and others with delimiters, and Parquet, sound inside it included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_lab.datasets.imports import _tables, columns
from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow, first_line


def recognises(path: Path) -> bool:
    """Whether a file is Parquet, or its first line has a delimiter of tables between at least two names."""
    return path.is_file() and (
        _tables.is_parquet(path) or bool(_tables.delimiter_of(first_line(path)) and first_line(path)[0] not in "{[")
    )


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """The rows, under the names of manifest columns; paths are relative to the table."""
    return _tables.mapped_rows(path, options, path.parent)


def notes(path: Path, options: ImportOptions) -> list[str]:
    """Which column became which."""
    names = _tables.names_of(path)
    return [columns.said(columns.guessed(names, options.columns, options.capability, path), names)]


FORMAT = ImportFormat(
    "table", "table", "CSV, TSV or Parquet with a header", recognises, read, item="row", notes=notes, mapped=True, general=True
)

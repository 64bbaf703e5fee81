"""CSV and TSV: tables of text with one line of headings.

Source:
    RFC 4180; as most programs do, other separators than the comma are allowed.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from model_lab.errors import BadManifest
from model_lab.formats import plain

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation


def write(table: DuckDBPyRelation) -> bytes:
    """A table of DuckDB as CSV.

    Args:
        table: Any table.

    Returns:
        The file's bytes, UTF-8: separated by commas, headings first, NULL as nothing.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        table.write_csv(str(path))
        return path.read_bytes()


def read(path: Path, separator: str = ",") -> list[dict[str, str]]:
    """The rows of a table; all cells are text, as a file does not say what else they are.

    Args:
        path: A file in UTF-8 whose first line names the columns.
        separator: What is between two cells: ``,`` or a tab, for example.

    Returns:
        Each row's cells by column.

    Raises:
        BadManifest: For a file without headings, headings that are empty or repeated, and for a row with more or fewer cells than
            the headings, naming the line.
    """
    reader = csv.reader(io.StringIO(plain.decoded(plain.content_of(path, "a table"), str(path)), newline=""), delimiter=separator)
    try:
        headings = next(reader, [])
        _require_headings(headings, path)
        rows = []
        for cells in reader:
            if len(cells) not in (0, len(headings)):
                raise BadManifest(
                    f"{path}:{reader.line_num}: {len(cells)} cells; expected {len(headings)}: {', '.join(headings)[:200]}"
                )
            if cells:
                rows.append(dict(zip(headings, cells, strict=True)))
        return rows
    except csv.Error as error:
        raise BadManifest(f"{path}:{reader.line_num}: not a table ({error}); expected cells separated by {separator!r}") from None


def _require_headings(headings: list[str], path: Path) -> None:
    if not any(headings):
        raise BadManifest(f"{path} has no headings; expected the names of its columns in the first line")
    if "" in map(str.strip, headings):
        raise BadManifest(f"{path}:1: a column has no name among {', '.join(headings)[:200]}; expected a name for every column")
    if twice := next((name for name in headings if headings.count(name) > 1), None):
        raise BadManifest(f"{path}:1: the column {twice!r} is repeated; expected a name of its own for every column")

"""Parquet: tables with types, by columns.

Source:
    Apache Parquet (https://parquet.apache.org/docs/file-format/), as DuckDB reads and writes it.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from model_lab.errors import BadManifest

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation


def write(table: DuckDBPyRelation) -> bytes:
    """A table of DuckDB as a Parquet file.

    Args:
        table: Any table.

    Returns:
        The file's bytes.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        table.write_parquet(str(path))
        return path.read_bytes()


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file.

    Args:
        path: A Parquet file.

    Returns:
        Each row's values by column, in the types that DuckDB gives them in Python; NULL is None.

    Raises:
        BadManifest: For a file that is not Parquet.
    """
    import duckdb

    try:
        with duckdb.connect() as connection:
            table = connection.from_parquet(str(path))
            return [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0][:200]
        raise BadManifest(f"{path} cannot be read as Parquet ({reason}); expected a Parquet file") from None

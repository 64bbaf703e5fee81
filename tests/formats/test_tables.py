"""CSV, Parquet and JSONL: rows come back, and DuckDB and Python's json read the same."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.errors import BadManifest
from model_lab.formats import csv, jsonl, parquet

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def table(rows: list[tuple[Any, ...]], columns: str) -> duckdb.DuckDBPyRelation:
    """Rows as a table of DuckDB."""
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE found ({columns})")
    if rows:
        connection.executemany(f"INSERT INTO found VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return connection.sql("SELECT * FROM found")


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_csv_comes_back(rows: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(csv.write(table(list(rows), "id VARCHAR, text VARCHAR")))
        assert csv.read(path) == [{"id": name, "text": text} for name, text in rows]


@given(st.lists(st.tuples(TEXT, st.integers(-(2**31), 2**31 - 1), st.none() | st.floats(allow_nan=False)), max_size=5))
def test_parquet_comes_back(rows: list[tuple[str, int, float | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.parquet"
        path.write_bytes(parquet.write(table(list(rows), "id VARCHAR, n INTEGER, value DOUBLE")))
        assert parquet.read(path) == [{"id": name, "n": n, "value": value} for name, n, value in rows]
        assert duckdb.sql(f"SELECT * FROM '{path}'").fetchall() == rows


@given(st.lists(st.dictionaries(TEXT, JSON, max_size=4), max_size=4))
def test_jsonl_comes_back(rows: list[dict[str, Any]]) -> None:
    content = jsonl.write(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_text(content, "utf-8", newline="")
        assert jsonl.read(path) == list(enumerate(rows, 1))
    assert [json.loads(line) for line in content.split("\n") if line] == rows


def test_jsonl_has_no_nan() -> None:
    with pytest.raises(ValueError, match="Out of range float values"):
        jsonl.write([{"a": float("nan")}])


def test_tables_of_other_programs(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes('\ufeffid\ttext\r\na\t"two\r\nlines"\r\n\r\nb\tx,y\r\n'.encode())
    assert csv.read(path, separator="\t") == [{"id": "a", "text": "two\r\nlines"}, {"id": "b", "text": "x,y"}]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "a.csv has no headings"),
        ("id,id\n", "the column 'id' is repeated"),
        ("id,,\n", "a.csv:1: a column has no name among id, ,"),
        ("id,text\na,b\nc\n", "a.csv:3: 1 cells; expected 2: id, text"),
        ("id,text\na,b,c\n", "a.csv:2: 3 cells"),
        ("id,text\n" + "x" * 200_000 + ",a\n", r"a.csv:2: not a table \(field larger than field limit"),
        (b"id\n\xff\n", "is not UTF-8"),
        (b"id\n\0\n", "has a zero byte"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, content: str | bytes, problem: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadManifest, match=problem):
        csv.read(path)


def test_what_is_not_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("id,text\n")
    for name in ("a.parquet", "none.parquet"):
        with pytest.raises(BadManifest, match=rf"{name} cannot be read as Parquet \(.*\); expected a Parquet file"):
            parquet.read(tmp_path / name)

"""Reading of tables: text with delimiters in any Unicode encoding, JSON lines, and Parquet; cells become the values of a manifest."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from model_lab.datasets import class_labels, paths
from model_lab.datasets.imports import jsonl
from model_lab.datasets.imports._base import Encoded, Excerpt, ImportOptions, ImportRow, at, file_columns
from model_lab.datasets.imports.columns import guessed
from model_lab.errors import BadManifest
from model_lab.formats import plain

Record = tuple[str, dict[str, Any]]
"""A row of a table, with its file and line for messages."""

_DELIMITERS = "\t,;|"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PARQUET = b"PAR1"
_NUMBERS = ("duration", "seconds", "snr_db", "tempo_bpm", "speech_start", "speech_end", "start", "end")
_TEXTS = ("text", "summary")
_NAMES = ("id", "group", "speaker", "label", "language")
_TRUE, _FALSE = ("1", "true", "yes", "target", "same"), ("0", "false", "no", "nontarget", "different")


def text_of(path: Path) -> str:
    """The text of a file in UTF-8 or, with its byte order mark, UTF-16. Raises `BadManifest`, naming the byte, for any other."""
    content = plain.content_of(path, "a table")
    if content.startswith(_UTF16):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise BadManifest(
                f"{path} begins as UTF-16 and is not ({error.reason} at byte {error.start}); save it as UTF-8"
            ) from None
    return plain.decoded(content, str(path))


def delimiter_of(header: str) -> str:
    """The delimiter of a table, by its first line: the one that is there most often outside quotes; empty if there is none."""
    bare = "".join(part for number, part in enumerate(header.split('"')) if number % 2 == 0)
    best = max(_DELIMITERS, key=bare.count)
    return best if bare.count(best) else ""


def delimited(path: Path, delimiter: str = "", header: tuple[str, ...] = (), quoted: bool = True) -> Iterator[Record]:
    """The rows of a table with delimiters.

    Args:
        path: The file.
        delimiter: Its delimiter; "" to take the one of the first line.
        header: Names of the columns, where the file has no header.
        quoted: Whether cells may be in double quotes, with delimiters and line breaks in them.
    """
    text = text_of(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    form = delimiter or delimiter_of(first) or ","
    lines = csv.reader(
        io.StringIO(text, newline=""), delimiter=form, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=True
    )
    names: tuple[str, ...] = header
    try:
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = _header(cells, path)
                continue
            origin = f"{path}:{lines.line_num}"
            if len(cells) != len(names):
                raise BadManifest(f"{origin}: {len(cells)} cells; expected {len(names)}: {', '.join(names)}")
            yield origin, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise BadManifest(f"{path}:{lines.line_num}: not a row of a table ({error}); check its quotes") from None


def _header(cells: list[str], path: Path) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in cells)
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadManifest(f"{path} has two columns called {twice!r}; expected a header with each name once")
    if any("/" in name or "\\" in name or name.lower().endswith((".wav", ".flac", ".mp3")) for name in names):
        raise BadManifest(
            f"{path} begins with {', '.join(names)[:80]}, which is a row and no header; add a first line with the names of its columns"
        )
    return names


def is_parquet(path: Path) -> bool:
    """Whether a file begins as a Parquet file does."""
    with path.open("rb") as stream:
        return stream.read(4) == _PARQUET


def parquet(path: Path) -> Iterator[Record]:
    """The rows of a Parquet file, read in batches."""
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            classes = class_labels.of_schema(file.schema_arrow.metadata)
            for batch in file.iter_batches(batch_size=64):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}, row {number}", class_labels.named(row, classes)
    except (pyarrow.ArrowException, OSError) as error:
        raise BadManifest(f"{path} cannot be read as Parquet ({str(error).splitlines()[0][:120]}); write it again") from None


def names_of(path: Path) -> list[str]:
    """The columns of a table in any of these forms."""
    if is_parquet(path):
        import pyarrow
        import pyarrow.parquet

        try:
            return list(pyarrow.parquet.read_schema(path).names)
        except pyarrow.ArrowException as error:
            raise BadManifest(f"{path} cannot be read as Parquet ({str(error).splitlines()[0][:120]}); write it again") from None
    first = next(records(path), None)
    if first is None:
        raise BadManifest(f"{path} has no rows; expected a header and one row at least")
    return list(first[1])


def records(path: Path) -> Iterator[Record]:
    """The rows of a table, whatever its form."""
    if is_parquet(path):
        yield from parquet(path)
    elif path.suffix.lower() in (".jsonl", ".json"):
        yield from ((f"{path}:{number}", row) for number, row in jsonl.objects(path))
    else:
        yield from delimited(path)


def mapped_rows(path: Path, options: ImportOptions, folder: Path) -> Iterator[ImportRow]:
    """The rows of a table under the names of manifest columns; its files are relative to ``folder``."""
    mapping = guessed(names_of(path), options.columns, options.capability, path)
    for origin, row in records(path):
        yield converted({name: row.get(source) for name, source in mapping.items()}, folder, origin)


def converted(row: Mapping[str, Any], folder: Path, origin: str) -> ImportRow:
    """A row with files located, cells of text read as what their column holds, and parts of recordings as such."""
    names = file_columns()
    with at(origin):
        values = {name: _sound(value, folder) if name in names else _value(name, value) for name, value in row.items()}
        start, end = values.pop("start", None), values.pop("end", None)
        if isinstance(sound := values.get("audio"), Path) and (start is not None or end is not None):
            values["audio"] = Excerpt(sound, _seconds("start", start or 0.0), None if end is None else _seconds("end", end))
    return {name: value for name, value in values.items() if value is not None}


def _sound(value: Any, folder: Path) -> Any:
    """The file that a cell names, or the sound that it holds: ``{bytes, path}`` as Hugging Face writes it, or bytes."""
    if isinstance(value, str):
        if value.strip()[:1] in ("{", "["):
            return _sound(_value("", value), folder) if not isinstance(_value("", value), str) else paths.anywhere(folder, value)
        return paths.anywhere(folder, value) if value else None
    if isinstance(value, bytes):
        return Encoded(value, "")
    if isinstance(value, dict) and "path" in value and set(value) <= {"bytes", "path", "sampling_rate", "array"}:
        return Encoded(value["bytes"], value["path"] or "") if value.get("bytes") else _sound(value["path"], folder)
    if isinstance(value, dict):
        return {name: _sound(each, folder) for name, each in value.items()}
    return [_sound(each, folder) for each in value] if isinstance(value, list) else value


def _value(name: str, value: Any) -> Any:
    """A cell as the value of a column: numbers, lists and objects where the column has them."""
    if not isinstance(value, str) or name in _TEXTS:
        return value
    bare = value.strip()
    if not bare or name in _NAMES:
        return bare or None
    if name == "same":
        return True if bare.casefold() in _TRUE else False if bare.casefold() in _FALSE else value
    if name == "captions" and bare[0] != "[":
        return [value]
    if name in _NUMBERS or bare[0] in "[{":
        try:
            return json.loads(bare)
        except ValueError:
            return value
    return bare


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadManifest(f"column {name!r} is {value!r}; expected a number of seconds")
    return float(value)

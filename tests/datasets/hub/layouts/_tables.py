"""Parquet shards as the hub's tools write them, and sounds to put into them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pyarrow
import pyarrow.parquet

from tests import dataset_hub
from tests.dataset_hub import Repository

AUDIO = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
"""How a table holds a sound."""

STRING, INT32, INT64, FLOAT32, FLOAT64, BOOL = (
    pyarrow.string(),
    pyarrow.int32(),
    pyarrow.int64(),
    pyarrow.float32(),
    pyarrow.float64(),
    pyarrow.bool_(),
)

Row = dict[str, Any]


def list_of(kind: Any) -> Any:
    """The type of a list."""
    return pyarrow.list_(kind)


@dataclass(frozen=True)
class Layout:
    """A repository: its name, the revision that was seen, its files when they are needed, its README's front matter, and its gate."""

    repository: str
    files: Callable[[], dict[str, bytes]]
    revision: str = "main"
    readme: Mapping[str, Any] = field(default_factory=dict)
    gated: bool = False

    def build(self) -> Repository:
        """What the hub serves."""
        revisions = tuple(dict.fromkeys(("main", dataset_hub.COMMIT, self.revision)))
        return Repository(self.files(), dict(self.readme), self.gated, revisions)


@lru_cache(maxsize=256)
def sound(number: int, form: str = "FLAC", rate: int = 16000, seconds: float = 0.4, channels: int = 1) -> bytes:
    """A tone in a file format: FLAC, WAV, MP3 or OGG."""
    return dataset_hub.sound(number, seconds, rate, form, channels)


def audio(number: int, path: str | None = None, form: str = "FLAC", rate: int = 16000, seconds: float = 0.4) -> Row:
    """A sound as a table holds it."""
    name = path if path is not None else f"{number}.{form.lower()}"
    return {"bytes": sound(number, form, rate, seconds), "path": name}


def shards(
    paths: str | Sequence[str],
    columns: Mapping[str, Any],
    rows: Sequence[Row],
    *,
    classes: Mapping[str, Sequence[str]] | None = None,
    rate: int | None = 16000,
    metadata: bool = True,
    rows_per_group: int = 2,
) -> dict[str, bytes]:
    """Parquet files with the rows, shared out in order.

    Args:
        paths: Paths in the repository.
        columns: Arrow type by column, in the table's order.
        rows: The rows.
        classes: Names of class labels by column; the column holds their numbers.
        rate: Sample rate of the feature ``Audio``; None where it states none.
        metadata: Whether the files state their features, as the library ``datasets`` writes them.
        rows_per_group: Rows of a row group.
    """
    names = [paths] if isinstance(paths, str) else list(paths)
    schema = pyarrow.schema(list(columns.items()))
    if metadata:
        features = {name: feature(kind, (classes or {}).get(name), rate) for name, kind in columns.items()}
        schema = schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    share = -(-len(rows) // len(names))
    files = {}
    for number, path in enumerate(names):
        out = io.BytesIO()
        table = pyarrow.Table.from_pylist(list(rows[number * share : (number + 1) * share]), schema=schema)
        pyarrow.parquet.write_table(table, out, row_group_size=rows_per_group)
        files[path] = out.getvalue()
    return files


def feature(kind: Any, names: Sequence[str] | None = None, rate: int | None = 16000) -> Any:
    """The hub's feature of an Arrow type."""
    if kind == AUDIO:
        return {"_type": "Audio"} | ({"sampling_rate": rate} if rate else {})
    if pyarrow.types.is_list(kind):
        return {"feature": feature(kind.value_type, names, rate), "_type": "Sequence"}
    if pyarrow.types.is_struct(kind):
        return {field.name: feature(field.type, None, rate) for field in kind}
    if names:
        return {"names": list(names), "_type": "ClassLabel"}
    return {"dtype": {"double": "float64", "float": "float32"}.get(str(kind), str(kind)), "_type": "Value"}


def numbered(pattern: str, count: int = 2) -> list[str]:
    """Paths of shards as the hub names them: ``numbered("data/test")`` is data/test-00000-of-00002.parquet and the next."""
    return [f"{pattern}-{number:05d}-of-{count:05d}.parquet" for number in range(count)]


def configs(**splits: Mapping[str, str]) -> dict[str, Any]:
    """``configs`` of a README: configuration -> {split: pattern}."""
    return {
        "configs": [
            {"config_name": name, "data_files": [{"split": split, "path": path} for split, path in files.items()]}
            for name, files in splits.items()
        ]
    }


def class_label(column: str, names: Sequence[str]) -> dict[str, Any]:
    """``dataset_info`` of a README that names the classes of a column."""
    label = {"class_label": {"names": {str(number): name for number, name in enumerate(names)}}}
    return {"dataset_info": {"features": [{"name": column, "dtype": label}]}}


__all__ = [
    "AUDIO",
    "BOOL",
    "FLOAT32",
    "FLOAT64",
    "INT32",
    "INT64",
    "STRING",
    "Layout",
    "Row",
    "audio",
    "class_label",
    "configs",
    "feature",
    "list_of",
    "numbered",
    "shards",
    "sound",
]

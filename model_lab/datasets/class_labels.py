"""The names behind the numbers of class columns, as Hugging Face datasets states them: in a Parquet schema or in ``dataset_info.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def of_schema(metadata: Mapping[bytes, bytes] | None) -> dict[str, tuple[str, ...]]:
    """The class names by column, from the metadata of an Arrow schema; empty if it states none."""
    try:
        features = json.loads((metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}
    return of_features(features) if isinstance(features, Mapping) else {}


def of_features(features: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The class names by column, also of columns that are lists of classes.

    >>> of_features({"label": {"_type": "ClassLabel", "names": ["cat", "dog"]}, "text": {"_type": "Value"}})
    {'label': ('cat', 'dog')}
    """
    return {column: names for column, feature in features.items() if (names := _names(feature))}


def named(row: Mapping[str, Any], classes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The row, with names for the numbers of its single classes.

    >>> named({"label": 1, "text": "woof"}, {"label": ("cat", "dog")})
    {'label': 'dog', 'text': 'woof'}
    """
    return {**row, **{column: names[row[column]] for column, names in classes.items() if row.get(column) in range(len(names))}}


def _names(feature: Any) -> tuple[str, ...]:
    while isinstance(feature, list) and len(feature) == 1:
        feature = feature[0]
    if isinstance(feature, Mapping) and feature.get("_type") in ("Sequence", "List", "LargeList"):
        feature = feature.get("feature")
    if isinstance(feature, Mapping) and feature.get("_type") == "ClassLabel" and isinstance(feature.get("names"), list):
        return tuple(map(str, feature["names"]))
    return ()

"""Any value as text: JSON for a page, and one short line for a table."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from itertools import islice
from typing import Any

import numpy as np

from model_lab.types import Audio

NOTHING = "(nothing)"
_ITEMS = 4


def as_json(value: Any) -> str:
    """A reference or an answer of a type that only its capability knows, as JSON.

    >>> as_json({"level": 3, "named": [Audio(np.zeros(8000, np.float32), 16000)]})
    '{"level": 3, "named": ["0.50 s of sound"]}'
    """
    return json.dumps(value, ensure_ascii=False, default=_leaf)


def _leaf(value: Any) -> Any:
    if isinstance(value, Audio):
        return f"{value.duration:.2f} s of sound"
    if isinstance(value, np.ndarray):
        return value.tolist()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


def line(stored: Any) -> str:
    """A stored answer (see `types.encode`) in a few words.

    >>> line([{"type": "Label", "name": "dog", "score": 0.9312}, {"type": "Label", "name": "cat", "score": 0.02}])
    'dog 0.931, cat 0.02'
    """
    if isinstance(stored, dict):
        return _mapping(stored)
    if isinstance(stored, list):
        shown = ", ".join(line(item) for item in stored[:_ITEMS])
        more = len(stored) - _ITEMS
        return (shown + f", and {more} more" if more > 0 else shown) or NOTHING
    if isinstance(stored, float):
        return f"{stored:.3g}"
    return str(stored) if stored not in (None, "") else NOTHING


def _mapping(stored: dict[str, Any]) -> str:
    match stored:
        case {"type": "Audio", "shape": [*_, int(frames)], "sample_rate": int(rate), "file": file} if rate > 0:
            return f"{frames / rate:.2f} s of sound ({file})"
        case {"type": "array", "data": {"dtype": dtype, "shape": shape}}:
            return f"array of {dtype}, shape {shape}"
        case {"type": _}:
            return " ".join(line(value) for key, value in stored.items() if key != "type" and value not in ("", [], None))
    return ", ".join(f"{key} {line(value)}" for key, value in islice(stored.items(), _ITEMS)) or NOTHING

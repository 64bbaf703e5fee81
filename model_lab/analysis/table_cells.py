"""Table cells: the displayed text, the value for sorting and JSON, and a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    """A cell: displayed ``text``; ``value`` for sorting and JSON (the text if None); ``href``, a link relative to the report."""

    text: str
    value: float | str | None = None
    href: str = ""

    def __str__(self) -> str:
        return self.text

    @property
    def plain(self) -> float | str:
        """The value written to JSON."""
        return self.text if self.value is None else self.value


Shown = Mapping[str, Value | str]
"""A table row: heading -> cell."""


def as_value(cell: Value | str) -> Value:
    """The cell as a `Value`."""
    return cell if isinstance(cell, Value) else Value(cell)

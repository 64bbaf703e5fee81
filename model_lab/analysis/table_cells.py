"""What stands in a table: text for people, with the number behind it for sorting and for programs, and where it leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    """``text`` as shown; ``value``: what it is sorted by and what stands in JSON (the text if None); ``href``: a link, relative to the report."""

    text: str
    value: float | str | None = None
    href: str = ""

    def __str__(self) -> str:
        return self.text

    @property
    def plain(self) -> float | str:
        """What a program is told."""
        return self.text if self.value is None else self.value


Shown = Mapping[str, Value | str]
"""A row of a table: heading -> what stands there."""


def as_value(given: Value | str) -> Value:
    """``given`` as a `Value`."""
    return given if isinstance(given, Value) else Value(given)

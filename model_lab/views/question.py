"""A question as its inputs: texts to read, sounds to play, numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from model_lab.views.parts import Facts, Part, Remark, Sound, Text

_SOUNDS_OF_A_COLUMN = 2
"""Maximum number of sounds shown of a library or of enrolments."""


def parts(inputs: Sequence[tuple[str, str]], row: Mapping[str, Any]) -> Iterator[Part]:
    """Every input that a row has.

    Args:
        inputs: Kind (``audio``, ``text``, ``number``) and column of each input.
        row: The line of the manifest.
    """
    for kind, column in inputs:
        value = row.get(column)
        if value is None:
            continue
        if kind == "audio":
            yield from sounds(column, value)
        elif kind == "text":
            yield Text(str(value))
        else:
            yield Facts({column: str(value)})


def sounds(label: str, value: Any) -> Iterator[Part]:
    """The sounds that a column names: one path, or lists and objects of paths."""
    named = dict(_named(label, value))
    for name, path in list(named.items())[:_SOUNDS_OF_A_COLUMN]:
        yield Sound(name, path)
    if len(named) > _SOUNDS_OF_A_COLUMN:
        yield Remark(f"{label} holds {len(named)} sounds; the first {_SOUNDS_OF_A_COLUMN} are shown.")


def _named(label: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _named(f"{label} {name}", item)
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _named(f"{label} {number}", item)
    else:
        yield label, value

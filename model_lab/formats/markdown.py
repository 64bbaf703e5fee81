"""Markdown (GitHub's tables) from data that may hold anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from model_lab.units import one_line

_ESCAPES = {"\\": "\\\\", "|": "\\|", "`": "\\`", "*": "\\*", "~": "\\~", "&": "&amp;", "<": "&lt;"}
_TABLE = str.maketrans(_ESCAPES)


class Ready(str):
    """Markdown that is not to be escaped again."""


def escape(text: object) -> str:
    """``text`` on one line, without meaning to Markdown or HTML.

    >>> escape("a|b\\n<script>`*")
    'a\\\\|b &lt;script>\\\\`\\\\*'
    >>> escape("[click](http://example.org)")
    '[click]\\\\(http://example.org)'
    """
    if isinstance(text, Ready):
        return str(text)
    return one_line(str(text), limit=10_000).translate(_TABLE).replace("](", "]\\(")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], numbers: Iterable[int] = ()) -> str:
    """A table; every cell is escaped. ``numbers`` are the places of right-aligned columns.

    >>> print(table(["a", "b"], [["x", 1]], numbers=[1]))
    | a | b |
    |---|--:|
    | x | 1 |
    """
    right = set(numbers)
    rule = "|" + "|".join("--:" if place in right else "---" for place in range(len(headings))) + "|"
    lines = ["| " + " | ".join(escape(cell) for cell in row) + " |" for row in (headings, *rows)]
    return "\n".join([lines[0], rule, *lines[1:]])


def bullets(lines: Iterable[str]) -> str:
    """A list of lines, each escaped."""
    return "\n".join(f"- {escape(line)}" for line in lines)

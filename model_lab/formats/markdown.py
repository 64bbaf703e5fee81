"""Markdown (GitHub's tables) from data that may hold anything.

Source:
    GitHub Flavored Markdown Spec (https://github.github.com/gfm/), "Tables (extension)" and "Backslash escapes".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from model_lab.units import one_line

_ESCAPES = {"\\": "\\\\", "|": "\\|", "`": "\\`", "*": "\\*", "~": "\\~", "&": "&amp;", "<": "&lt;"}
_TABLE = str.maketrans(_ESCAPES)


class Ready(str):
    """Markdown that is not to be escaped again."""


def escape(text: object) -> str:
    r"""Text on one line, without meaning to Markdown or HTML.

    Args:
        text: Anything; what is `Ready` stays as it is.

    Returns:
        Markdown.

    Example:
        >>> escape("a|b\n<script>`*")
        'a\\|b &lt;script>\\`\\*'
        >>> escape("[click](http://example.org)")
        '[click]\\(http://example.org)'
    """
    if isinstance(text, Ready):
        return str(text)
    return one_line(str(text), limit=10_000).translate(_TABLE).replace("](", "]\\(")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], numbers: Iterable[int] = ()) -> str:
    """A table.

    Args:
        headings: The names of the columns.
        rows: As many cells in each; every cell is escaped.
        numbers: The places of columns that are aligned to the right, from 0.

    Returns:
        Markdown, without a line break at its end.

    Example:
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
    """A list of lines.

    Args:
        lines: Its entries; each is escaped.

    Returns:
        Markdown, without a line break at its end.
    """
    return "\n".join(f"- {escape(line)}" for line in lines)

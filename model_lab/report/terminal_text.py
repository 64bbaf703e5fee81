"""Text of other people's making on a terminal."""

from __future__ import annotations

from rich.text import Text


def as_is(text: str, style: str = "") -> Text:
    """Text for a table or a line, in which rich finds no markup and no emoji, and the terminal no commands.

    >>> as_is("[bold]a[/bold] :warning:").plain
    '[bold]a[/bold] :warning:'
    >>> print(as_is("\\x1b[31m").plain)
    \\x1b[31m
    """
    shown = "".join(sign if sign.isprintable() or sign == "\n" else sign.encode("unicode_escape").decode() for sign in text)
    return Text(shown, style)

"""The reference page of the command line, written by typer's own generator."""

from __future__ import annotations

from typing import Any

_SUMMARY = 120
"""The longest summary of a command in the list of its group; typer's generator would cut it after 45 characters."""


def command_line(app: Any) -> str:
    """The commands of a typer application as Markdown, each with its usage, arguments and options.

    Args:
        app: The `typer.Typer` to describe; its ``info.name`` is the program's name.

    Returns:
        Markdown under one heading of the first level.
    """
    from typer import Context
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    command = get_command(app)
    _prepare(command)
    text: str = get_docs_for_click(obj=command, ctx=Context(command), name=app.info.name, title="Command line")
    return text.strip()


def _prepare(group: Any) -> None:
    """Leave out hidden commands, and give the others a summary that is whole in the list of its group."""
    commands = getattr(group, "commands", {})
    for name in [name for name, command in commands.items() if command.hidden]:
        del commands[name]
    for command in commands.values():
        command.short_help = command.get_short_help_str(_SUMMARY)
        _prepare(command)

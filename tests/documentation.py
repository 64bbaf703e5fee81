"""The fenced blocks of the documentation, and its commands as the command line's own parser reads them."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import typer.main

from model_lab.cli import app

ROOT = Path(__file__).resolve().parents[1]
README, DOCS = ROOT / "README.md", ROOT / "docs"
COMMAND_LINE = DOCS / "reference/cli.md"
"""Generated; its usage lines are no commands."""
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted(page for page in DOCS.rglob("*.md") if page != COMMAND_LINE)]
COMMANDS = ("model-lab", "make", "git", "pip", "curl", "MODEL_LAB_AUTH=me:secret")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """Its lines without their comments, if it holds commands."""
        lines = [re.sub(r"\s+# .*", "", line).strip() for line in self.text.splitlines() if line.strip()]
        return lines if self.language in ("", "sh") and lines[0].startswith(COMMANDS) else []


def blocks(page: Path) -> Iterator[Block]:
    fence = re.compile(r"^([ ]*)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
    text = page.read_text("utf-8")
    assert text.count("```") == 2 * len(fence.findall(text)), f"{page}: a block is not closed"
    for match in fence.finditer(text):
        yield Block(page, text[: match.start()].count("\n") + 1, match[2], textwrap.dedent(match[3]))


BLOCKS = [block for page in PAGES for block in blocks(page)]


def block(page: str, language: str) -> Block:
    """The one block in a language, not of commands, of a page of ``docs/``."""
    [only] = [each for each in BLOCKS if each.page == DOCS / page and each.language == language and not each.commands]
    return only


def parsed(line: str) -> None:
    """Let the command line's own parser read a command, and do nothing."""
    name, *words = shlex.split(line)
    assert name == "model-lab"
    command: click.Command = typer.main.get_command(app)
    context: click.Context | None = None
    while True:
        context = command.make_context(name, list(words), parent=context)
        if not hasattr(command, "resolve_command"):
            return
        found, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
        name = str(found)

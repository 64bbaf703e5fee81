"""What the commands around pipelines have in common: their options, their progress, and the recording as what is meant by default."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from model_lab.cli.screen import Screen
    from model_lab.pipelines.conversation import StageRecord

DEFAULT = "run"
"""The command that is meant where none is named."""
DEVICE = Annotated[
    str, typer.Option("--device", help="cpu or cuda, for every stage whose recipe names none; never changed silently.")
]
JOBS = Annotated[int, typer.Option("--jobs", "-j", help="Workers at once; 0: two, where there are two cores.")]
USE = Annotated[
    list[str], typer.Option("--use", metavar="STAGE=MODEL", help="Another model at a stage, e.g. ner=rule_ner (may be repeated).")
]


class Recordings(TyperGroup):
    """A group in which whatever is not one of its commands is a recording for `DEFAULT`; ``./compare`` is a file, ``compare`` is not.

    A misspelt command is told from a recording: there is no file of that name, and there is a command of nearly that name.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `DEFAULT` where no command is named. Raises `BadConfig` for a misspelt one."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            _misspelt(args[0], self.commands)
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


class StageBars:
    """How far the stages are, on the screen; nothing stays of them."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def progress(self, what: str, done: int, total: int) -> None:
        """A bar while the stage is at work."""
        self._screen.progress(what, done, total)

    def loading(self, what: str) -> None:
        """Nothing."""

    def ended(self, record: StageRecord) -> None:
        """Nothing."""


def _misspelt(word: str, commands: Collection[str]) -> None:
    from model_lab.errors import BadConfig, nearest

    if (meant := nearest(word, commands)) and not Path(word).exists():
        raise BadConfig(
            f"there is neither a recording nor a command {word!r}{meant}; "
            f"expected a file or one of: {', '.join(commands)}; see: model-lab pipeline --help"
        )

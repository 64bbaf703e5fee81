"""What the pipeline commands share: their options, their progress display, and the default command."""

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
"""The command that runs where none is named."""
DEVICE = Annotated[
    str,
    typer.Option("--device", help="cpu or cuda, for every stage whose device the recipe does not set; never changed silently."),
]
JOBS = Annotated[int, typer.Option("--jobs", "-j", help="Workers at once; 0: two, if there are two cores.")]
USE = Annotated[
    list[str], typer.Option("--use", metavar="STAGE=MODEL", help="Another model at a stage, e.g. ner=rule_ner (may be repeated).")
]


class Recordings(TyperGroup):
    """A command group whose first argument is a recording for `DEFAULT` unless it names a command; ``./compare`` is a file.

    An argument that is not a file and nearly names a command is reported as a misspelt command.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert `DEFAULT` where no command is named. Raises `BadConfig` for a misspelt command."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            _require_not_misspelt(args[0], self.commands)
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


class StageBars:
    """Progress bars of the stages; finished stages leave no line."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def progress(self, what: str, done: int, total: int) -> None:
        """Show a bar while the stage runs."""
        self._screen.progress(what, done, total)

    def loading(self, what: str) -> None:
        """Show nothing."""

    def ended(self, record: StageRecord) -> None:
        """Show nothing."""


def _require_not_misspelt(word: str, commands: Collection[str]) -> None:
    from model_lab.errors import BadConfig, nearest

    if (suggestion := nearest(word, commands)) and not Path(word).exists():
        raise BadConfig(
            f"there is no recording and no command {word!r}{suggestion}; "
            f"expected a file or one of: {', '.join(commands)}; see: model-lab pipeline --help"
        )

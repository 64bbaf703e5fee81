"""The command line: thin commands over the harness. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer

from model_lab.cli import comparing, exporting, inspecting, making, piping, running, serving, timing

app = typer.Typer(
    name="model-lab",
    help="A test bench for audio AI: models, datasets, sprints, scorecards.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # square brackets in a help text are the format of somebody's data, not markup
    pretty_exceptions_enable=False,
)
for part in (running, timing, piping, inspecting, comparing, exporting, serving, making):
    part.register(app)


def _show_warning(python: Callable[..., None]) -> Callable[..., None]:
    """What users should know of the next release is one sentence; other warnings are shown as ``python`` does."""

    def show(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        if category is FutureWarning:
            print(f"warning: {message}", file=sys.stderr)
        else:
            python(message, category, *rest, **more)

    return show


def main() -> None:
    """Entry point: a user's mistake ends in one sentence and exit code 2, an interruption in 130."""
    import warnings

    from model_lab.errors import ModelLabError
    from model_lab.files import unforeseen

    warnings.showwarning = _show_warning(warnings.showwarning)
    try:
        app()
    except ModelLabError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if not (sentence := unforeseen(error)):
            raise
        print(f"error: {sentence}", file=sys.stderr)
        sys.exit(2)

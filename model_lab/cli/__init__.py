"""The command line: thin commands over the Python functions. Heavy imports happen inside the commands that need them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer

from model_lab.cli import (
    auditing,
    comparing,
    data,
    exporting,
    importing,
    inspecting,
    pipeline,
    rescoring,
    running,
    scaffolding,
    serving,
    timing,
    verifying,
)

app = typer.Typer(
    name="model-lab",
    help="A test bench for audio AI: models, datasets, sprints, scorecards.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # square brackets in help texts are literal, not markup
    pretty_exceptions_enable=False,
)
for part in (
    running,
    rescoring,
    timing,
    pipeline,
    inspecting,
    comparing,
    verifying,
    auditing,
    exporting,
    importing,
    data,
    serving,
    scaffolding,
):
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
    """Entry point: a user's mistake is reported in one sentence with exit code 2, an interruption exits with 130."""
    import warnings

    from model_lab.errors import ModelLabError
    from model_lab.files import unexpected_error_message

    warnings.showwarning = _show_warning(warnings.showwarning)
    try:
        app()
    except ModelLabError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped; run the same command again to resume", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if not (sentence := unexpected_error_message(error)):
            raise
        print(f"error: {sentence}", file=sys.stderr)
        sys.exit(2)

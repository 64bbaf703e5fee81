"""The command line: thin commands over the harness. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import sys

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


def main() -> None:
    """Entry point: a user's mistake ends in one sentence and exit code 2, an interruption in 130."""
    from model_lab.errors import ModelLabError
    from model_lab.files import unforeseen

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

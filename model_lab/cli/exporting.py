"""The command that hands a run on to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.comparing import RUN
from model_lab.cli.running import RUNS


def register(app: typer.Typer) -> None:
    """Add this module's command to ``app``."""
    app.command()(export)


def export(
    form: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="Of scores: csv, parquet, model-index, eval-results or junit. Of answers: srt, vtt, ctm, rttm, textgrid, midi or contour, "
            "and the formats of installed packages.",
        ),
    ],
    run: RUN = "",
    models: Annotated[list[str], typer.Option("--model", help="Only this model (may be repeated).")] = [],
    dataset: Annotated[str, typer.Option("--dataset", help="Only this dataset.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the files; exports/FORMAT in the run if none is named.")
    ] = None,
    runs: RUNS = Path("runs"),
) -> None:
    """Write a run's scores, or its models' answers, for other programs: tables, model cards, subtitles, annotations, MIDI.

    Files of the same name are replaced. Values come with n and 95 % interval: in columns of CSV and Parquet, in the name and the
    arguments of a metric in model-index, in the notes of eval-results, whose dataset is to be replaced by the id of a benchmark on the
    hub. SRT, WebVTT and TextGrid show a text whose words have no times over the whole sound.
    """
    from model_lab.registry import model_cards
    from model_lab.report import exports
    from model_lab.results.store import chosen

    found = chosen(runs, run)
    folder = out or found.path / "exports" / form
    done = exports.export(found, form, folder, list(map(model_cards.canonical, models)), dataset)
    for sentence in done.left_out:
        typer.echo(f"left out: {sentence}", err=True)
    typer.echo(f"written: {len(done.files)} file{'' if len(done.files) == 1 else 's'} in {folder}")

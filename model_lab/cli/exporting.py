"""The command that exports a run to the file formats of other programs."""

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
            help="For scores: csv, parquet, model-index, eval-results or junit. For answers: srt, vtt, ctm, rttm, textgrid, midi or "
            "contour, and the formats of installed packages.",
        ),
    ],
    run: RUN = "",
    models: Annotated[list[str], typer.Option("--model", help="Only this model (may be repeated).")] = [],
    dataset: Annotated[str, typer.Option("--dataset", help="Only this dataset.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the files; exports/FORMAT in the run by default.")] = None,
    runs: RUNS = Path("runs"),
) -> None:
    """Export the scores of a run, or the answers of its models: tables, model cards, subtitles, annotations, MIDI.

    Existing files of the same name are replaced. Every value has n and a 95 % interval: as columns of CSV and Parquet, in the name and
    the arguments of a metric in model-index, and in the notes of eval-results, where the dataset must be replaced by the id of a
    benchmark on the hub. In SRT, WebVTT and TextGrid, a text without word times spans the whole recording.
    """
    from model_lab.registry import model_cards
    from model_lab.report import exports
    from model_lab.results.store import chosen

    selected = chosen(runs, run)
    folder = out or selected.path / "exports" / form
    exported = exports.export(selected, form, folder, list(map(model_cards.canonical, models)), dataset)
    for sentence in exported.left_out:
        typer.echo(f"left out: {sentence}", err=True)
    typer.echo(f"written: {len(exported.files)} file{'' if len(exported.files) == 1 else 's'} in {folder}")

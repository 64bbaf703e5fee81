"""Commands that compare and decide, out of a run's scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.inspecting import JSON
from model_lab.cli.running import RUNS

RUN = Annotated[str, typer.Option("--run", help="The run to look into; the newest if none is named.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands to ``app``."""
    app.command()(compare)


def compare(
    models: Annotated[list[str], typer.Argument(help="Two or more models.")],
    run: RUN = "",
    capability: Annotated[str, typer.Option("--capability", help="Only this capability.")] = "",
    dataset: Annotated[str, typer.Option("--dataset", help="Only this dataset.")] = "",
    metric: Annotated[str, typer.Option("--metric", help="This metric instead of each capability's primary one.")] = "",
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Compare models on the samples they share: differences with intervals, wins and losses, and where they differ most."""
    from model_lab.cli import tables
    from model_lab.reports.versus import versus
    from model_lab.results.store import chosen

    found = versus(chosen(runs, run), models, capability, dataset, metric)
    tables.show([pair.row() for pair in found], as_json)

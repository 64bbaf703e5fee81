"""The command verify: whether the ranks and grades of a run hold on other data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.inspecting import JSON
from model_lab.cli.running import DEVICE, JOBS, OFFLINE, RUNS, TIER, TRUST


def register(app: typer.Typer) -> None:
    """Add this module's command to ``app``."""
    app.command()(verify)


def verify(
    run: Annotated[str, typer.Argument(help="The run whose ranks and grades are verified.")],
    on: Annotated[
        str,
        typer.Option("--on", metavar="MANIFEST|DATASET", help="The other data: your own, in any format of import, or a dataset."),
    ],
    models: Annotated[
        list[str],
        typer.Option(
            "--models", "--model", metavar="MODEL", help="Only this model of the run (may be repeated); all by default."
        ),
    ] = [],
    capability: Annotated[str, typer.Option("--capability", help="What your own data is for, where the run has several.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=0, help="At most so many samples of the other data; 0: no limit.")] = 0,
    tier: TIER = "smoke",
    jobs: JOBS = 1,
    device: DEVICE = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 unless the ranks hold on every dataset of the run.")
    ] = False,
    trust: TRUST = [],
    offline: OFFLINE = False,
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Run the models of a run on other data, and report whether its ranks and grades hold there.

    Reports the agreement of ranks (Kendall's tau-b with its interval), which significant differences are confirmed, contradicted or open, how
    many new values are inside the run's intervals, and how many grades change. The exit code is 0 whatever the verdict, with --strict 1 unless
    the ranks hold on every dataset, and 2 for a usage error.
    """
    from model_lab.analysis import held_out
    from model_lab.cli import verified
    from model_lab.cli.screen import Screen, run_options
    from model_lab.results.store import run_folder

    folder = run_folder(runs, run)
    with Screen() as screen:
        settings = run_options(screen, runs, tier, jobs, device, False, False, offline, trust)
        checked = held_out.check(folder, on, capability, models, replace(settings, limit=limit))
    verified.show(checked, as_json)
    raise typer.Exit(1 if strict and any(one.holds != "yes" for one in checked.verifications) else 0)

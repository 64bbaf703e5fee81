"""``model-lab time``: measures the latency of the models of a run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.running import RUNS, TRUST


def register(app: typer.Typer) -> None:
    """Add this module's command to ``app``."""
    app.command()(time)


def time(
    run: Annotated[str, typer.Argument(help="A run's name.")],
    model: Annotated[list[str], typer.Option("--model", help="Only this model (may be repeated).")] = [],
    dataset: Annotated[list[str], typer.Option("--dataset", help="Only this dataset (may be repeated).")] = [],
    force: Annotated[bool, typer.Option("--force", help="Also time models whose times were not contended.")] = False,
    trust: TRUST = [],
    runs: RUNS = Path("runs"),
) -> None:
    """Time models again that were timed while the machine was busy, with a single worker. Answers and scores do not change."""
    from model_lab.cli.screen import Screen, publish
    from model_lab.registry import model_cards
    from model_lab.results.store import run_folder
    from model_lab.runs import timing

    folder = run_folder(runs, run)
    with folder.locked(), Screen() as screen:
        load = timing.load()
        screen.say(
            f"{load}: the machine is idle" if load.is_idle else f"{load}: the machine is busy, so times may be contended again"
        )
        timed = timing.time(
            folder, timing.TimingSelection(list(map(model_cards.canonical, model)), dataset, force, trust), screen
        )
        for cell in timed:
            if problem := cell.reason or ("contended again; repeat when the machine is idle" if cell.contended else ""):
                screen.say(f"{cell.model} on {cell.dataset}: {problem}")
        succeeded = sum(not cell.reason and not cell.contended for cell in timed)
        screen.say(
            f"{succeeded} of {len(timed)} timed"
            if timed
            else "nothing to time: no time was contended; add --force to time all models"
        )
    publish(folder)
    raise typer.Exit(0 if succeeded == len(timed) else 1)

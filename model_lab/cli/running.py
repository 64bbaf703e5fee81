"""Commands that do work: setup, fetch, sprint, run, score, report."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Licences(StrEnum):
    """Which licences are wanted: `model_lab.contract.Permitted` as the command line says it."""

    any = "any"
    commercial = "commercial"
    permissive = "permissive"


RUNS = Annotated[Path, typer.Option("--runs", envvar="MODEL_LAB_RUNS", help="Folder that holds the runs.")]
TIER = Annotated[str, typer.Option("--tier", help="How much data: smoke, standard or full.")]
JOBS = Annotated[int, typer.Option("--jobs", "-j", help="Workers at once; the cores are shared out among them.")]
DEVICE = Annotated[str | None, typer.Option("--device", help="cpu, cuda, or one GPU as in cuda:1; never changed silently.")]
EXECUTOR = Annotated[
    str, typer.Option("--executor", metavar="NAME", help="Where workers run: local, or an executor that a plug-in adds.")
]
NAME = Annotated[str, typer.Option("--name", help="Name of the run's folder, instead of one made of what is asked.")]
FORCE = Annotated[bool, typer.Option("--force", help="Ask again even where answers are there (the old ones are moved aside).")]
RETRY = Annotated[bool, typer.Option("--retry-failed", help="Ask again where an answer failed.")]
OFFLINE = Annotated[bool, typer.Option("--offline", help="Never touch the network.")]
LICENCE = Annotated[
    Licences, typer.Option("--licence", help="Only models of these licences; permissive: commercial, stated, no copyleft.")
]
TRUST = Annotated[
    list[str], typer.Option("--trust", metavar="MODEL", help="Let this model run code out of its download (may be repeated).")
]
PERTURB = Annotated[
    list[str],
    typer.Option(
        "--perturb",
        metavar="NAME[:VALUE][+...]",
        help="Ask under this condition too, e.g. noise:10 or reverb:0.4+telephone (may be repeated); see: list perturbations.",
    ),
]
TRACK = Annotated[
    int,
    typer.Option("--track", min=0, help="Which sound track of a file, from 1; the default one, or the first, if none is named."),
]
SET = Annotated[list[str], typer.Option("--set", metavar="OPTION=VALUE", help="Set an option of the model.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands to ``app``."""
    for command in (setup, fetch, sprint, run, score, report):
        app.command()(command)


def setup(
    models: Annotated[list[str], typer.Argument(help="Models to set up; all if none is named.", show_default=False)] = [],
    force: Annotated[bool, typer.Option("--force", help="Build environments again.")] = False,
    offline: OFFLINE = False,
) -> None:
    """Install what models need: system packages, environments, weights."""
    from model_lab.cli.screen import Screen
    from model_lab.provision import installation

    with Screen() as screen:
        installation.install(models, screen.say, screen.progress, force=force, offline=offline)


def fetch(
    names: Annotated[
        list[str], typer.Argument(help="Models, datasets or a sprint; the packaged sprint if none.", show_default=False)
    ] = [],
    options: SET = [],
    offline: OFFLINE = False,
) -> None:
    """Bring weights and datasets into the cache: what is missing or cut off, checked."""
    from model_lab.cli.asking import parse_options
    from model_lab.cli.screen import Screen
    from model_lab.runs import selection

    with Screen() as screen:
        failed = selection.fetch(names or ["hf_sprint_2026q1"], screen.progress, offline, parse_options(options))
        for name, reason in failed.items():
            screen.say(f"{name}: {reason}")
    raise typer.Exit(1 if failed else 0)


def sprint(
    config: Annotated[str, typer.Argument(help="A sprint file, or the name of a packaged sprint.")],
    agent: Annotated[list[str], typer.Option("--agent", help="Only this lane (may be repeated).")] = [],
    model: Annotated[
        list[str],
        typer.Option("--model", metavar="MODEL[@OPTION=VALUE,...]", help="Only this model, or variant of one (may be repeated)."),
    ] = [],
    only: Annotated[
        bool, typer.Option("--only", help="Only models that the lanes name: those named nowhere are left out.")
    ] = False,
    name: NAME = "",
    tier: TIER = "smoke",
    jobs: JOBS = 1,
    device: DEVICE = None,
    executor: EXECUTOR = "local",
    licence: LICENCE = Licences.any,
    perturb: PERTURB = [],
    trust: TRUST = [],
    force: FORCE = False,
    retry_failed: RETRY = False,
    offline: OFFLINE = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Run every model of a sprint on its capability's datasets, and print the scorecards.

    With --device cuda the models that can run on a GPU do, each where its memory is free, and the others stay on the CPU.
    """
    from model_lab.cli.screen import Screen, how, publish
    from model_lab.registry import unusable
    from model_lab.runs import bench
    from model_lab.runs import sprint as sprints

    plan = sprints.config(config)
    with Screen() as screen:
        for problem in unusable.problems():
            screen.say(f"left out: {problem}")
        settings = how(screen, runs, tier, jobs, device, force, retry_failed, offline, trust, perturb, name, executor)
        choice = sprints.SprintSelection(tuple(agent), licence.value, tuple(model), only)
        for reason in sprints.refusals(sprints.plan(plan, choice) if perturb else [], settings.conditions):
            screen.say(reason)
        folder = bench.sprint(plan, choice, settings)
    publish(folder, licence.value)


def run(
    model: Annotated[
        str, typer.Argument(metavar="MODEL[@OPTION=VALUE,...]", help="A model, or a variant: it with other options.")
    ],
    about: Annotated[
        list[str],
        typer.Argument(
            metavar="[MODEL...] [DATASET | FILE... | TEXT...]",
            help="More models, and what to ask them about. A word that is the name of a model is one: write ./NAME for a file.",
        ),
    ] = [],
    data: Annotated[Path | None, typer.Option("--data", help="Your own data: a JSONL manifest.")] = None,
    capability: Annotated[str, typer.Option("--capability", help="Which question, where the model has several.")] = "",
    out: Annotated[Path, typer.Option("--out", help="Folder for sound the model gives back.")] = Path("."),
    options: SET = [],
    track: TRACK = 0,
    perturb: PERTURB = [],
    name: NAME = "",
    tier: TIER = "smoke",
    jobs: JOBS = 1,
    device: DEVICE = None,
    executor: EXECUTOR = "local",
    trust: TRUST = [],
    force: FORCE = False,
    retry_failed: RETRY = False,
    offline: OFFLINE = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Ask models: about a dataset or your own data (scored, and compared), or about sound files or texts (answers as JSON)."""
    from model_lab.cli import asking
    from model_lab.cli.screen import Screen, how

    with Screen() as screen:
        settings = how(screen, runs, tier, jobs, device, force, retry_failed, offline, trust, perturb, name, executor)
        asking.run([model, *about], data, capability, out, asking.parse_options(options), settings, track)


def score(
    run: Annotated[str, typer.Argument(help="A run's name.")],
    runs: RUNS = Path("runs"),
) -> None:
    """Score a run's answers again; no model is asked."""
    from model_lab.cli.screen import publish
    from model_lab.results.scoring import score_run
    from model_lab.results.store import run_folder

    folder = run_folder(runs, run)
    with folder.locked():
        score_run(folder)
    publish(folder)


def report(
    run: Annotated[str, typer.Argument(help="A run's name.")],
    licence: LICENCE = Licences.any,
    samples: Annotated[int, typer.Option("--samples", min=0, help="Samples of each dataset that get a page of their own.")] = 4,
    runs: RUNS = Path("runs"),
) -> None:
    """Print a run's scorecards and write its report, a folder of pages that opens from disk: report/index.html in the run."""
    from model_lab.cli.screen import publish
    from model_lab.results.store import run_folder

    publish(run_folder(runs, run), licence.value, samples)

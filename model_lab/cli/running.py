"""Commands that set up, run and score models: setup, fetch, sprint, run, score, report."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Licences(StrEnum):
    """Permitted licences: `model_lab.contract.Permitted` as an option of the command line."""

    any = "any"
    commercial = "commercial"
    permissive = "permissive"


RUNS = Annotated[Path, typer.Option("--runs", envvar="MODEL_LAB_RUNS", help="Folder that holds the runs.")]
TIER = Annotated[str, typer.Option("--tier", help="Amount of data: smoke, standard or full.")]
JOBS = Annotated[int, typer.Option("--jobs", "-j", help="Number of parallel workers; the cores are divided among them.")]
DEVICE = Annotated[str | None, typer.Option("--device", help="cpu, cuda, or one GPU as in cuda:1; never changed silently.")]
EXECUTOR = Annotated[
    str, typer.Option("--executor", metavar="NAME", help="Where workers run: local, or an executor that a plug-in adds.")
]
NAME = Annotated[str, typer.Option("--name", help="Name of the run's folder, instead of one derived from the models and data.")]
FORCE = Annotated[
    bool, typer.Option("--force", help="Run again even where answers exist (the old ones are kept in a backup folder).")
]
RETRY = Annotated[bool, typer.Option("--retry-failed", help="Run again the samples that failed.")]
OFFLINE = Annotated[bool, typer.Option("--offline", help="Never access the network.")]
LICENCE = Annotated[
    Licences,
    typer.Option(
        "--licence", help="Only models with these licences; permissive: commercial use allowed, licence stated, no copyleft."
    ),
]
TRUST = Annotated[
    list[str], typer.Option("--trust", metavar="MODEL", help="Allow this model to run code from its download (may be repeated).")
]
PERTURB = Annotated[
    list[str],
    typer.Option(
        "--perturb",
        metavar="NAME[:VALUE][+...]",
        help="Also evaluate under this perturbation, e.g. noise:10 or reverb:0.4+telephone (may be repeated); see: list perturbations.",
    ),
]
TRACK = Annotated[
    int,
    typer.Option("--track", min=0, help="Audio track of a file, from 1; by default the track marked as default, or the first."),
]
FORM = Annotated[
    str,
    typer.Option("--as", metavar="FORMAT", help="The format of your data, where it is not to be recognised by what is there."),
]
COLUMNS = Annotated[
    str,
    typer.Option(
        "--columns",
        metavar="COLUMN=SOURCE,...",
        help="Which column of your data is which: audio=path,text=sentence; others are guessed.",
    ),
]
REPEATS = Annotated[
    int,
    typer.Option(
        "--repeats",
        min=1,
        help="Run models that vary (card: sampled, or not deterministic) this many times, with the next seeds; scores then include that spread.",
    ),
]
BUDGET = Annotated[
    str,
    typer.Option(
        "--budget",
        metavar="TIME",
        help="Spend this time (90m, 1h30m) where it decides ranks and grades, with up to the tier's samples; again to continue.",
    ),
]
SET = Annotated[list[str], typer.Option("--set", metavar="OPTION=VALUE", help="Set an option of the model.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands to ``app``."""
    for command in (setup, fetch, sprint, run, score, report):
        app.command()(command)


def setup(
    models: Annotated[list[str], typer.Argument(help="Models to set up; all by default.", show_default=False)] = [],
    force: Annotated[bool, typer.Option("--force", help="Rebuild environments.")] = False,
    offline: OFFLINE = False,
) -> None:
    """Install what models need: system packages, environments, weights."""
    from model_lab.cli.screen import Screen
    from model_lab.provision import installation

    with Screen() as screen:
        installation.install(models, screen.say, screen.progress, force=force, offline=offline)


def fetch(
    names: Annotated[
        list[str], typer.Argument(help="Models, datasets or a sprint; the packaged sprint by default.", show_default=False)
    ] = [],
    options: SET = [],
    tier: TIER = "smoke",
    offline: OFFLINE = False,
) -> None:
    """Download missing or incomplete weights and datasets into the cache, and verify them.

    Of a public dataset, only what the tier needs is fetched: at most 300 MB for smoke, 4 GB for standard, everything for full.
    """
    from model_lab.cli.inference import parse_options
    from model_lab.cli.screen import Screen, tier_of
    from model_lab.runs import selection

    with Screen() as screen:
        failed = selection.fetch(
            names or ["hf_sprint_2026q1"], screen.progress, offline, parse_options(options), tier_of(tier), screen.say
        )
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
    only: Annotated[bool, typer.Option("--only", help="Only models named in the lanes; all others are skipped.")] = False,
    name: NAME = "",
    tier: TIER = "smoke",
    budget: BUDGET = "",
    jobs: JOBS = 1,
    device: DEVICE = None,
    executor: EXECUTOR = "local",
    licence: LICENCE = Licences.any,
    perturb: PERTURB = [],
    repeats: REPEATS = 1,
    trust: TRUST = [],
    force: FORCE = False,
    retry_failed: RETRY = False,
    offline: OFFLINE = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Run every model of a sprint on the datasets of its capability, and print the scorecards.

    With --device cuda, models that support a GPU run on one with enough free memory, and the others run on the CPU.
    """
    from model_lab.cli.screen import Screen, publish, run_options
    from model_lab.registry import unusable
    from model_lab.runs import bench
    from model_lab.runs import sprint as sprints

    plan = sprints.config(config)
    with Screen() as screen:
        for problem in unusable.problems():
            screen.say(f"skipped: {problem}")
        settings = run_options(
            screen, runs, tier, jobs, device, force, retry_failed, offline, trust, perturb, name, executor, repeats, budget
        )
        choice = sprints.SprintSelection(tuple(agent), licence.value, tuple(model), only)
        for reason in sprints.refusals(sprints.plan(plan, choice) if perturb else [], settings.conditions):
            screen.say(reason)
        folder = bench.sprint(plan, choice, settings)
    publish(folder, licence.value)


def run(
    model: Annotated[
        str, typer.Argument(metavar="MODEL[@OPTION=VALUE,...]", help="A model, or a variant of it with other options.")
    ],
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="[MODEL...] [DATASET | FILE... | TEXT...]",
            help="More models, and their input. A word that names a model is read as the model: write ./NAME for a file.",
        ),
    ] = [],
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="PATH", help="Your own data, in any format that import reads; see: import --help."),
    ] = None,
    form: FORM = "",
    columns: COLUMNS = "",
    capability: Annotated[str, typer.Option("--capability", help="The capability to use, where the model has several.")] = "",
    out: Annotated[Path, typer.Option("--out", help="Folder for audio that the model returns.")] = Path("."),
    options: SET = [],
    track: TRACK = 0,
    perturb: PERTURB = [],
    repeats: REPEATS = 1,
    name: NAME = "",
    tier: TIER = "smoke",
    budget: BUDGET = "",
    jobs: JOBS = 1,
    device: DEVICE = None,
    executor: EXECUTOR = "local",
    trust: TRUST = [],
    force: FORCE = False,
    retry_failed: RETRY = False,
    offline: OFFLINE = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Run models on a dataset or your own data (scored and compared), or on audio files or texts (answers as JSON)."""
    from model_lab.cli import inference
    from model_lab.cli.screen import Screen, run_options

    with Screen() as screen:
        settings = run_options(
            screen, runs, tier, jobs, device, force, retry_failed, offline, trust, perturb, name, executor, repeats, budget
        )
        inference.run([model, *inputs], data, capability, out, inference.parse_options(options), settings, track, form, columns)


def score(
    run: Annotated[str, typer.Argument(help="A run's name.")],
    runs: RUNS = Path("runs"),
) -> None:
    """Score the answers of a run again, without running any model."""
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
    samples: Annotated[int, typer.Option("--samples", min=0, help="Number of samples per dataset with a page of their own.")] = 4,
    runs: RUNS = Path("runs"),
) -> None:
    """Print the scorecards of a run and write its report, a static site in the run folder: report/index.html."""
    from model_lab.cli.screen import publish
    from model_lab.results.store import run_folder

    publish(run_folder(runs, run), licence.value, samples)

"""Commands that compare and decide, out of a run's scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.inspecting import JSON
from model_lab.cli.running import LICENCE, RUNS, Licences

RUN = Annotated[str, typer.Option("--run", help="The run to look into; the newest if none is named.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands to ``app``."""
    for command in (compare, matrix, grade, cost, recommend, gate):
        app.command()(command)


def compare(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL[@OPTION=VALUE,...]...", help="Models or variants: two or more, or one in two runs."),
    ],
    run: Annotated[
        list[str], typer.Option("--run", help="The run to look into; the newest if none is named, of several all together.")
    ] = [],
    capability: Annotated[str, typer.Option("--capability", help="Only this capability.")] = "",
    dataset: Annotated[str, typer.Option("--dataset", help="Only this dataset.")] = "",
    metric: Annotated[str, typer.Option("--metric", help="This metric instead of each capability's primary one.")] = "",
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Compare models on the samples they share: differences with intervals, wins and losses, and where they differ most."""
    from model_lab.analysis.pairwise import versus
    from model_lab.cli import tables
    from model_lab.registry import model_cards
    from model_lab.results.store import chosen

    folders = [chosen(runs, name) for name in dict.fromkeys(run or [""])]
    found = versus(folders, list(dict.fromkeys(map(model_cards.canonical, models))), capability, dataset, metric)
    tables.show([pair.row() for pair in found], as_json)


def matrix(run: RUN = "", licence: LICENCE = Licences.any, as_json: JSON = False, runs: RUNS = Path("runs")) -> None:
    """Every model in every capability: its grade, or in words why there is none, with licence, speed and memory."""
    from model_lab.cli import deciding, tables

    tables.show([entry.shown() for entry in deciding.matrix(runs, run, licence.value)], as_json)


def grade(
    models: Annotated[list[str], typer.Argument(help="Models; all if none is named.", show_default=False)] = [],
    capability: Annotated[str, typer.Option("--capability", help="Only this capability.")] = "",
    rules: Annotated[Path | None, typer.Option("--rules", help="A file of rules instead of the packaged grades.yaml.")] = None,
    run: RUN = "",
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Readiness grades, every rule they met or missed, and the thresholds they hang on."""
    from model_lab.cli import deciding

    deciding.show_grades(deciding.grades(runs, run, models, capability, rules), as_json)


def cost(
    capability: Annotated[str, typer.Option("--capability", help="Only this capability.")] = "",
    prices: Annotated[Path | None, typer.Option("--prices", help="Your own prices instead of the packaged prices.yaml.")] = None,
    run: RUN = "",
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """What quality costs: price x measured speed, and the models that none beats in quality, cost and memory at once."""
    from model_lab.cli import deciding, tables

    tables.show(deciding.costs(runs, run, capability, prices), as_json)


def recommend(
    use_case: Annotated[str, typer.Argument(help="What you want to do, as in use_cases.yaml.")],
    max_memory: Annotated[float | None, typer.Option("--max-memory", help="GB for all models together.")] = None,
    licence: Annotated[Licences | None, typer.Option("--licence", help="Instead of the use case's own.")] = None,
    cases: Annotated[Path | None, typer.Option("--use-cases", help="Your own file of use cases.")] = None,
    run: RUN = "",
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Which models to use for something, which would do, which not, a stack that fits, and what is not known."""
    from model_lab.cli import deciding

    deciding.show_recommendation(
        deciding.recommendation(runs, run, use_case, max_memory, licence.value if licence else None, cases), as_json
    )


def gate(
    run: Annotated[str, typer.Argument(help="The run to be checked: its name, or the path of its folder.")],
    baseline: Annotated[
        str, typer.Option("--baseline", help="What it must not fall behind: a run, the path of one, or a stored baseline.")
    ] = "",
    max_drop: Annotated[
        list[str],
        typer.Option(
            "--max-drop",
            metavar="METRIC=LOSS",
            help="How much worse it may be, in the metric's unit (0.01 = one point); each primary metric may lose nothing if none is named.",
        ),
    ] = [],
    max_failures: Annotated[
        int, typer.Option("--max-failures", min=0, help="How many samples of a model that were answered may fail now.")
    ] = 0,
    allow_fewer: Annotated[
        float, typer.Option("--allow-fewer", min=0.0, max=1.0, help="Share of the baseline's samples that may be missing.")
    ] = 0.0,
    max_latency: Annotated[
        list[str],
        typer.Option(
            "--max-latency",
            metavar="[p50|p95|p99=]RATIO",
            help="Latency against the baseline's, 1.2 = a fifth more (p50 if none is named); refused where a time was contended.",
        ),
    ] = [],
    max_memory: Annotated[
        float | None, typer.Option("--max-memory-growth", min=0.0, help="Peak memory against the baseline's, 1.2 = a fifth more.")
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write a JUnit report here.")] = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="Keep the run as a baseline, one JSON file, if it passed.")
    ] = None,
    runs: RUNS = Path("runs"),
) -> None:
    """Hold a run against an earlier one, and say where it fell behind.

    Each model of the baseline must be there again, with its samples; none that was answered may fail, and no metric may be
    significantly worse beyond what is allowed. The exit code is 0 if all checks passed, 1 if one failed, 2 if the question was wrong.
    """
    from model_lab.cli import gating

    limits = gating.limits(max_drop, max_failures, allow_fewer, max_latency, max_memory)
    raise typer.Exit(0 if gating.gate(runs, run, baseline, limits, junit, store) else 1)

"""Commands that compare, grade and recommend models from the scores of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.inspecting import JSON
from model_lab.cli.running import LICENCE, RUNS, Licences

RUN = Annotated[str, typer.Option("--run", help="The run to read; the newest by default.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands to ``app``."""
    for command in (compare, power, matrix, grade, cost, recommend, gate):
        app.command()(command)


def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="[RUN] MODEL[@OPTION=VALUE,...]...",
            help="Models or variants: two or more, or one in two runs; with --by any number, all by default. A word that names a run is that run.",
            show_default=False,
        ),
    ] = [],
    run: Annotated[
        list[str], typer.Option("--run", help="The run to read; the newest by default. Several runs are read together.")
    ] = [],
    capability: Annotated[str, typer.Option("--capability", help="Only this capability.")] = "",
    dataset: Annotated[str, typer.Option("--dataset", help="Only this dataset.")] = "",
    metric: Annotated[str, typer.Option("--metric", help="This metric instead of the primary metric of each capability.")] = "",
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="COLUMN",
            help="Break each model's score down by a column of the data (accent, noise, duration, ...): slices with intervals, the largest gap.",
        ),
    ] = "",
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Compare models on the samples they share, or with --by each model on parts of the data.

    Without --by: differences with intervals, wins and losses, and where two models differ most.
    """
    from model_lab.cli import breaking_down

    names, folders = breaking_down.named(runs, models, run)
    if by:
        breaking_down.show(folders, by, names, (capability, dataset, metric), as_json)
    else:
        breaking_down.show_pairs(folders, names, (capability, dataset, metric), as_json)


def power(
    run: Annotated[str, typer.Argument(help="The pilot: a run's name.")],
    difference: Annotated[
        float | None,
        typer.Option(
            "--difference", help="The difference to find, in the metric's unit (0.01 = one point); by default its margin."
        ),
    ] = None,
    half_width: Annotated[
        float | None, typer.Option("--half-width", help="Also: the clusters for an interval of the value ± this.")
    ] = None,
    capability: Annotated[str, typer.Option("--capability", help="Only this capability.")] = "",
    dataset: Annotated[list[str], typer.Option("--dataset", help="Only this dataset (may be repeated).")] = [],
    model: Annotated[list[str], typer.Option("--model", help="Only pairs of these models (may be repeated).")] = [],
    agent: Annotated[str, typer.Option("--agent", help="Only pairs of the models of this lane of the run's sprint.")] = "",
    chance: Annotated[float, typer.Option("--power", help="Probability with which the test is to find the difference.")] = 0.8,
    alpha: Annotated[float, typer.Option("--alpha", help="Level of the test over all pairs of a table (Holm).")] = 0.05,
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Print how much data a decision would take: clusters, samples, sound and time for a difference between two models.

    The variance is that of the run, which is a pilot; so are the sound of a sample and the time of an answer.
    """
    from model_lab.analysis import power as planning
    from model_lab.cli import tables
    from model_lab.registry import model_cards
    from model_lab.results.store import run_folder

    folder = run_folder(runs, run)
    models = [*map(model_cards.canonical, model), *(planning.models_of_agent(folder, agent) if agent else [])]
    question = planning.Question(difference, half_width, chance, alpha)
    found = planning.power(folder, question, capability, dataset, models)
    tables.show([each.data() if as_json else each.row() for each in found], as_json)


def matrix(run: RUN = "", licence: LICENCE = Licences.any, as_json: JSON = False, runs: RUNS = Path("runs")) -> None:
    """Print every model in every capability: its grade or the reason it has none, licence, speed and memory."""
    from model_lab.cli import deciding, tables

    tables.show([entry.shown() for entry in deciding.matrix(runs, run, licence.value)], as_json)


def grade(
    models: Annotated[list[str], typer.Argument(help="Models; all by default.", show_default=False)] = [],
    capability: Annotated[str, typer.Option("--capability", help="Only this capability.")] = "",
    rules: Annotated[Path | None, typer.Option("--rules", help="A rules file instead of the packaged grades.yaml.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print every rule with its thresholds, reason and source; needs no run.")
    ] = False,
    run: RUN = "",
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Print readiness grades and their evidence, the rules each model met or missed, and the thresholds its grade is sensitive to."""
    from model_lab.cli import deciding

    if explain:
        deciding.show_rules(rules, as_json)
        return
    deciding.show_grades(deciding.grades(runs, run, models, capability, rules), as_json)


def cost(
    capability: Annotated[str, typer.Option("--capability", help="Only this capability.")] = "",
    prices: Annotated[Path | None, typer.Option("--prices", help="Your own prices instead of the packaged prices.yaml.")] = None,
    run: RUN = "",
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Print the cost of each model (price x measured speed) and the Pareto front of quality, cost and memory."""
    from model_lab.cli import deciding, tables

    tables.show(deciding.costs(runs, run, capability, prices), as_json)


def recommend(
    use_case: Annotated[str, typer.Argument(help="A use case, as named in use_cases.yaml.")],
    max_memory: Annotated[float | None, typer.Option("--max-memory", help="Memory for all models together, in GB.")] = None,
    licence: Annotated[Licences | None, typer.Option("--licence", help="Overrides the licence limit of the use case.")] = None,
    cases: Annotated[Path | None, typer.Option("--use-cases", help="Your own file of use cases.")] = None,
    run: RUN = "",
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Recommend models for a use case: a verdict on each, a stack that fits, missing evidence, and which dataset the advice rests on."""
    from model_lab.cli import deciding

    deciding.show_recommendation(
        deciding.recommendation(runs, run, use_case, max_memory, licence.value if licence else None, cases), as_json
    )


def gate(
    run: Annotated[str, typer.Argument(help="The run to check: its name, or the path of its folder.")],
    baseline: Annotated[
        str,
        typer.Option("--baseline", help="The reference to compare with: a run, the path of a run folder, or a stored baseline."),
    ] = "",
    max_drop: Annotated[
        list[str],
        typer.Option(
            "--max-drop",
            metavar="METRIC=LOSS",
            help="The allowed loss, in the metric's unit (0.01 = one point); by default 0 for every primary metric.",
        ),
    ] = [],
    max_failures: Annotated[
        int,
        typer.Option(
            "--max-failures", min=0, help="The number of samples per model that may fail although the baseline answered them."
        ),
    ] = 0,
    allow_fewer: Annotated[
        float, typer.Option("--allow-fewer", min=0.0, max=1.0, help="Share of the baseline's samples that may be missing.")
    ] = 0.0,
    max_latency: Annotated[
        list[str],
        typer.Option(
            "--max-latency",
            metavar="[p50|p95|p99=]RATIO",
            help="The allowed latency relative to the baseline, 1.2 = 20 % more (p50 by default); fails where a time was contended.",
        ),
    ] = [],
    max_memory: Annotated[
        float | None,
        typer.Option("--max-memory-growth", min=0.0, help="The allowed peak memory relative to the baseline, 1.2 = 20 % more."),
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write a JUnit report here.")] = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="Store the run as a baseline, one JSON file, if it passed.")
    ] = None,
    runs: RUNS = Path("runs"),
) -> None:
    """Compare a run with a baseline, and report regressions.

    Each model of the baseline must be in the run with the same samples; no sample that was answered may fail, and no metric may be
    significantly worse by more than the allowed loss. The exit code is 0 if all checks passed, 1 if one failed, 2 for a usage error.
    """
    from model_lab.cli import gating

    limits = gating.limits(max_drop, max_failures, allow_fewer, max_latency, max_memory)
    raise typer.Exit(0 if gating.gate(runs, run, baseline, limits, junit, store) else 1)

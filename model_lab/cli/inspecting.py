"""Commands that inspect the installation: list, show, check, doctor, preflight, env, docs, schema."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.running import DEVICE, LICENCE, OFFLINE, RUNS, SET, TIER, TRUST, Licences

JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class ListedKind(StrEnum):
    """What ``model-lab list`` can list."""

    models = "models"
    capabilities = "capabilities"
    datasets = "datasets"
    metrics = "metrics"
    scorers = "scorers"
    published = "published"
    perturbations = "perturbations"
    sprints = "sprints"
    runs = "runs"


class EnvironmentAction(StrEnum):
    """What ``model-lab env`` can do."""

    list = "list"
    plan = "plan"
    build = "build"
    remove = "remove"


def register(app: typer.Typer) -> None:
    """Add this module's commands to ``app``."""
    app.command("list")(list_)
    for command in (show, check, doctor, preflight, env, docs, schema):
        app.command()(command)


def list_(
    kind: Annotated[ListedKind, typer.Argument(help="What to list.")],
    capability: Annotated[str, typer.Option("--capability", help="Only this capability.")] = "",
    runnable: Annotated[bool, typer.Option("--runnable", help="Only models that can run here now.")] = False,
    licence: LICENCE = Licences.any,
    hub: Annotated[bool, typer.Option("--hub", help="Only public datasets, with what they take and their protocol.")] = False,
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """List models, capabilities, datasets, metrics, other scorers, perturbations, packaged sprints, runs, or published results.

    Items that cannot be used are listed on stderr with the reason.
    """
    from model_lab.cli import tables

    tables.show(tables.rows(kind.value, capability, runnable, licence.value, runs, hub), as_json)
    if kind in (ListedKind.models, ListedKind.capabilities, ListedKind.datasets, ListedKind.metrics):
        tables.problems()


def show(
    name: Annotated[str, typer.Argument(help="A model, capability, dataset or metric.")],
    as_json: JSON = False,
) -> None:
    """Show the details of one model, capability, dataset or metric."""
    from model_lab.cli import tables

    tables.details(name, as_json)


def check(
    names: Annotated[
        list[str], typer.Argument(help="Models, capabilities or datasets; everything by default.", show_default=False)
    ] = [],
    level: Annotated[str, typer.Option("--level", help="How thorough: card, imports, weights or behaviour.")] = "imports",
    behaviour: Annotated[bool, typer.Option("--behaviour", help="The same as --level behaviour.")] = False,
) -> None:
    """Run the common checks that every model, capability, metric and dataset must pass.

    By default these are the quick ones: cards, and whether loaders import. --behaviour loads every model and runs it on the synthetic
    examples of its capabilities, which takes minutes for all models.
    """
    from model_lab.cli import tables

    failed = tables.checks(names, "behaviour" if behaviour else level)
    if level == "imports" and not behaviour:
        typer.echo("no model was loaded; to load and run them: model-lab check --behaviour")
    raise typer.Exit(1 if failed else 0)


def doctor(as_json: JSON = False) -> None:
    """Describe this machine, and how many models can run on it."""
    from model_lab.cli import tables

    tables.doctor(as_json)


def preflight(
    names: Annotated[
        list[str], typer.Argument(help="Models, datasets or sprints; all models by default.", show_default=False)
    ] = [],
    tier: TIER = "smoke",
    device: DEVICE = None,
    licence: LICENCE = Licences.any,
    trust: TRUST = [],
    options: SET = [],
    offline: OFFLINE = False,
    as_json: JSON = False,
) -> None:
    """Check for each model whether it can run here, or what it needs and the next command; queries the hub for missing weights.

    For each dataset: how much of it the tier would fetch, whether the hub lets you have it, its licence, and the free disk. A sprint is
    checked with its public datasets.
    """
    from model_lab.cli import tables
    from model_lab.cli.inference import parse_options
    from model_lab.cli.screen import tier_of
    from model_lab.provision.preflight import PreflightOptions

    ready = tables.preflight(
        names, PreflightOptions(device or "cpu", licence.value, trust), parse_options(options), tier_of(tier), offline, as_json
    )
    raise typer.Exit(0 if ready or not names else 1)


def env(
    action: Annotated[
        EnvironmentAction, typer.Argument(help="list; plan: which environments could be shared; build or remove the named ones.")
    ],
    names: Annotated[
        list[str],
        typer.Argument(help="To build: models or environments. To remove: folders as listed, or 'stale' for unused ones."),
    ] = [],
    every: Annotated[bool, typer.Option("--all", help="Build all environments.")] = False,
) -> None:
    """Manage the environments that models run in: list them with their sizes, plan, build or remove them."""
    from model_lab.cli import environments

    if action is EnvironmentAction.build:
        environments.build(names, every)
    elif action is EnvironmentAction.remove:
        environments.remove(names)
    elif action is EnvironmentAction.plan:
        environments.plan()
    else:
        environments.show()


def docs(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a page is stale.")] = False,
    folder: Annotated[Path, typer.Option("--folder", help="Folder of the pages.")] = Path("docs"),
    findings_run: Annotated[
        str, typer.Option("--findings", metavar="RUN", help="Store the report of this run, from which the findings are written.")
    ] = "",
    runs: RUNS = Path("runs"),
) -> None:
    """Write the generated pages of the documentation, or check that they are up to date."""
    from model_lab.cli import app
    from model_lab.docgen import catalogue, findings
    from model_lab.results.store import run_folder

    if findings_run:
        findings.store(run_folder(runs, findings_run), folder / "findings")

    pages = catalogue.check(folder, app) if check else catalogue.write(folder, app)
    for page in pages:
        typer.echo(f"{'stale' if check else 'written'}: {folder / page}")
    raise typer.Exit(1 if check and pages else 0)


def schema(
    kind: Annotated[str, typer.Argument(help="model, dataset, sprint or pipeline (a recipe).")] = "model",
) -> None:
    """Print the JSON Schema of a YAML file, for editors that complete it."""
    from model_lab.cli import tables

    tables.schema(kind)

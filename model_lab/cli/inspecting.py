"""Commands that look: list, show, check, doctor, env, docs, schema."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.running import LICENCE, RUNS, Licences

JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Kind(StrEnum):
    """What can be listed."""

    models = "models"
    capabilities = "capabilities"
    datasets = "datasets"
    metrics = "metrics"
    runs = "runs"


class EnvironmentAction(StrEnum):
    """What can be done with environments."""

    list = "list"
    remove = "remove"


def register(app: typer.Typer) -> None:
    """Add this module's commands to ``app``."""
    app.command("list")(list_)
    for command in (show, check, doctor, env, docs, schema):
        app.command()(command)


def list_(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    capability: Annotated[str, typer.Option("--capability", help="Only this capability.")] = "",
    runnable: Annotated[bool, typer.Option("--runnable", help="Only models that can run here now.")] = False,
    licence: LICENCE = Licences.any,
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """List models, capabilities, datasets, metrics or runs."""
    from model_lab.cli import tables

    tables.show(tables.rows(kind.value, capability, runnable, licence.value, runs), as_json)


def show(
    name: Annotated[str, typer.Argument(help="A model, capability, dataset or metric.")],
    as_json: JSON = False,
) -> None:
    """Show all there is to know about one model, capability, dataset or metric."""
    from model_lab.cli import tables

    tables.details(name, as_json)


def check(
    names: Annotated[
        list[str], typer.Argument(help="Models, capabilities or datasets; everything if none is named.", show_default=False)
    ] = [],
    level: Annotated[str, typer.Option("--level", help="How deep: card, imports, weights or behaviour.")] = "behaviour",
) -> None:
    """Run the common checks that every model, capability, metric and dataset must pass."""
    from model_lab.cli import tables
    from model_lab.harness import checks

    results = tables.checks(checks.check(names, level))
    raise typer.Exit(1 if any(result.status == "failed" for result in results) else 0)


def doctor(as_json: JSON = False) -> None:
    """Say what this machine is, what can run on it, and why the rest cannot."""
    from model_lab.cli import tables

    tables.doctor(as_json)


def env(
    action: Annotated[EnvironmentAction, typer.Argument(help="list, or remove the named ones.")],
    names: Annotated[list[str], typer.Argument(help="Folder names as listed; 'stale' for all that no card needs any more.")] = [],
) -> None:
    """List the environments models run in, with their sizes, or remove some."""
    from model_lab.cli import tables

    if action is EnvironmentAction.remove:
        tables.remove_environments(names)
    tables.environments()


def docs(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if a page is stale.")] = False,
    folder: Annotated[Path, typer.Option("--folder", help="Where the pages are.")] = Path("docs"),
) -> None:
    """Write the generated pages of the documentation, or check that they are current."""
    from model_lab.cli import app
    from model_lab.reports import catalogue

    pages = catalogue.check(folder, app) if check else catalogue.write(folder, app)
    for page in pages:
        typer.echo(f"{'stale' if check else 'written'}: {folder / page}")
    raise typer.Exit(1 if check and pages else 0)


def schema(
    kind: Annotated[str, typer.Argument(help="model, dataset or sprint.")] = "model",
) -> None:
    """Print the JSON Schema of a YAML file, for editors that complete it."""
    from model_lab.cli import tables

    tables.schema(kind)

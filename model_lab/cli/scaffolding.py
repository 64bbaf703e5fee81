"""``model-lab new``: writes the skeleton of a model, capability or dataset."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Thing(StrEnum):
    """What ``model-lab new`` can create."""

    model = "model"
    capability = "capability"
    dataset = "dataset"


def register(app: typer.Typer) -> None:
    """Add this module's commands to ``app``."""
    app.command()(new)


def new(
    thing: Annotated[Thing, typer.Argument(help="What to create.")],
    name: Annotated[str, typer.Argument(help="Its name: lower case, digits, underscores.")],
    capability: Annotated[str, typer.Option("--capability", help="The capability of the model or dataset.")] = "asr",
    into: Annotated[
        Path | None, typer.Option("--into", help="An extension folder (see MODEL_LAB_EXTENSIONS); the package by default.")
    ] = None,
) -> None:
    """Write a skeleton of a model, capability or dataset that passes the quick checks, for you to complete."""
    from model_lab.authoring import scaffold
    from model_lab.extensions import MODEL, VARIABLE, places

    for path in scaffold.make(thing.value, name, capability, into):
        typer.echo(f"written: {path}")
    registered = into is None or into.absolute() in [place.parent for place in places(MODEL)]
    typer.echo(
        f"complete the files, then run: {'' if registered else f'{VARIABLE}={shlex.quote(str(into))} '}model-lab check {name}"
    )

"""Commands about data of your own: data check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.inspecting import JSON
from model_lab.cli.running import COLUMNS, FORM


def register(app: typer.Typer) -> None:
    """Add the group of this module's commands to ``app``."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Examine your own data.")
    group.callback()(_data)
    group.command()(check)
    app.add_typer(group, name="data")


def _data() -> None:
    """Examine your own data."""


def check(
    path: Annotated[Path, typer.Argument(help="Your data, as --data of run takes it.")],
    capability: Annotated[str, typer.Option("--capability", help="What the data is for.")],
    form: FORM = "",
    columns: COLUMNS = "",
    out: Annotated[Path, typer.Option("--out", help="Folder for the page with the sounds to listen to.")] = Path("data-check"),
    as_json: JSON = False,
) -> None:
    """Check data for duplicates, broken and silent files, clipping, wrong rates, texts that do not fit, and more; writes a page to listen to.

    Exits with 1 if there are errors, which make a run fail or its scores wrong. Warnings and notes are for you to judge.
    """
    from model_lab import capabilities
    from model_lab.cli.screen import Screen
    from model_lab.datasets import checking, imports
    from model_lab.datasets.checking import rows
    from model_lab.datasets.imports.columns import parsed
    from model_lab.files import shown
    from model_lab.report import data_check_page, data_check_table

    chosen = capabilities.capability(capability)
    with Screen() as screen:
        imported = imports.manifest_to_check(path, form, parsed(columns), chosen, screen.progress)
        screen.say(f"{shown(path)}: {imported.description}")
        report = checking.check(path, chosen, rows.read(imported.manifest, chosen), screen.progress)
        page = data_check_page.write(report, out)
    if as_json:
        typer.echo(json.dumps(data_check_page.plain(report), ensure_ascii=False, indent=1))
    else:
        data_check_table.show(report)
        typer.echo(f"page: {page}")
    raise typer.Exit(1 if report.severities["error"] else 0)

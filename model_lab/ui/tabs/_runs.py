"""The runs that a tab offers, and their capabilities."""

from __future__ import annotations

from typing import Any

import gradio as gr

from model_lab.errors import ModelLabError
from model_lab.results.store import chosen, run_folder, run_folders
from model_lab.ui import boards
from model_lab.ui.server_context import ServerContext
from model_lab.ui.tabs import _jobs

NONE = "<p>There is no run yet; start one in the Sprint tab.</p>"


def choices(context: ServerContext) -> Any:
    """A dropdown of all runs; the most recent one is chosen."""
    names = [folder.name for folder in run_folders(context.runs)]
    return gr.Dropdown(choices=names, value=chosen(context.runs).name if names else None)


def capabilities(context: ServerContext, run: str | None) -> tuple[list[str], str]:
    """The capabilities of a run's report, or an error message if there are none."""
    if not run:
        return [], NONE
    try:
        return [card.capability for card in boards.stored(run_folder(context.runs, run)).scorecards], ""
    except ModelLabError as error:
        return [], _jobs.problem(str(error))

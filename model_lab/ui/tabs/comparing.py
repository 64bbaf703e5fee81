"""Compare: the answers of two to four models to one sample of a run."""

from __future__ import annotations

from typing import Any

import gradio as gr

from model_lab.errors import ModelLabError
from model_lab.ui import boards, comparing
from model_lab.ui.server_context import ServerContext
from model_lab.ui.tabs import _jobs, _runs

_MAX_SAMPLES = 2000
"""Maximum number of samples in the list."""


def build(context: ServerContext, whole: gr.Blocks) -> None:
    """Build the tab as a part of the ``whole`` page."""
    gr.Markdown("Samples on which the models differ most come first.")
    with gr.Row():
        run = gr.Dropdown(label="Run")
        capability = gr.Dropdown(label="Capability")
        dataset = gr.Dropdown(label="Dataset")
    with gr.Row():
        sample = gr.Dropdown(label="Sample")
        models = gr.Dropdown(
            multiselect=True, max_choices=comparing.MOST, label=f"Models ({comparing.FEWEST} to {comparing.MOST})"
        )
        button = gr.Button("Compare", variant="primary")
    page = gr.HTML()

    def choose_run(run: str | None) -> tuple[Any, str]:
        names, message = _runs.capabilities(context, run)
        return gr.Dropdown(choices=names, value=names[0] if names else None), message

    def choose_capability(run: str | None, capability: str | None) -> Any:
        names = _datasets(context, run, capability)
        return gr.Dropdown(choices=names, value=names[0] if names else None)

    def choose_dataset(run: str | None, capability: str | None, dataset: str | None) -> tuple[Any, Any]:
        if not (run and capability and dataset):
            return gr.Dropdown(choices=[], value=None), gr.Dropdown(choices=[], value=[])
        try:
            names = comparing.sample_names(context, run, capability, dataset)[:_MAX_SAMPLES]
            rows = [row.model for row in comparing.table(context, run, capability, dataset).rows if row.scores]
        except ModelLabError:
            return gr.Dropdown(choices=[], value=None), gr.Dropdown(choices=[], value=[])
        return gr.Dropdown(choices=names, value=names[0] if names else None), gr.Dropdown(choices=rows, value=rows[:2])

    @_jobs.guarded
    def show(run: str, capability: str, dataset: str, sample: str, models: list[str]) -> str:
        if not (run and capability and dataset and sample):
            return _jobs.problem("nothing is chosen yet; choose a run, a dataset and a sample")
        return _jobs.frame(context, comparing.page(context, run, capability, dataset, sample, models or []), "the comparison")

    run.change(choose_run, run, [capability, page], api_visibility="private")
    capability.change(choose_capability, [run, capability], dataset, api_visibility="private")
    dataset.change(choose_dataset, [run, capability, dataset], [sample, models], api_visibility="private")
    button.click(show, [run, capability, dataset, sample, models], page, api_visibility="private")
    whole.load(lambda: _runs.choices(context), None, run, api_visibility="private")


def _datasets(context: ServerContext, run: str | None, capability: str | None) -> list[str]:
    if not (run and capability):
        return []
    try:
        return [table.data.name for table in boards.scorecard(context, run, capability).tables]
    except ModelLabError:
        return []

"""Leaderboards: the tables of a run, by capability, with filters on the models."""

from __future__ import annotations

from typing import Any

import gradio as gr

from model_lab.languages import canonical
from model_lab.registry import model_cards
from model_lab.results.store import run_folder
from model_lab.ui import boards, sprinting
from model_lab.ui.boards import ModelFilter
from model_lab.ui.jobs import Job
from model_lab.ui.server_context import ServerContext
from model_lab.ui.tabs import _jobs, _runs
from model_lab.ui.tabs._jobs import Watched

KIND = "report"


def build(context: ServerContext, whole: gr.Blocks) -> Watched:
    """Build the tab as a part of the ``whole`` page; returns where it shows its job."""
    with gr.Row():
        run = gr.Dropdown(label="Run")
        capability = gr.Dropdown(label="Capability")
        write = gr.Button("Write the report of this run")
    with gr.Row():
        permitted = gr.Dropdown(["any", "commercial", "permissive"], value="any", label="Licence")
        memory = gr.Number(label="Maximum memory (GB, 0: any)", value=0, minimum=0)
        language = gr.Dropdown([("any", ""), *_languages()], value="", label="Language")
        without_hub = gr.Checkbox(label="Without a model hub (weights come with packages)")
    lacking = gr.HTML()
    status = gr.HTML()
    written = gr.HTML(visible=False)
    page = gr.HTML()
    job = gr.State(0)
    filters = [permitted, memory, without_hub, language]

    @_jobs.guarded
    def show(run: str | None, capability: str | None, permitted: Any, memory: float, without_hub: bool, language: str) -> str:
        if not run or not capability:
            return "" if run else _runs.NONE
        model_filter = ModelFilter(permitted, memory or None, without_hub, language)
        return _jobs.frame(context, boards.page(context, run, capability, model_filter), "the leaderboard")

    def choose(run: str | None, capability: str | None) -> tuple[Any, str]:
        names, message = _runs.capabilities(context, run)
        kept = capability if capability in names else next(iter(names), None)
        return gr.Dropdown(choices=names, value=kept), message

    def again(run: str | None) -> tuple[int, str]:
        def begin() -> Job:
            folder = run_folder(context.runs, run or "")
            return context.jobs.add(KIND, f"report of {folder.name}", lambda job: sprinting.publish(job, folder))

        return _jobs.begun(begin)

    chosen = [run, capability, *filters]
    run.change(choose, [run, capability], [capability, lacking], api_visibility="private")
    changes = [capability.change, permitted.change, memory.change, without_hub.change, language.change]
    gr.on(changes, show, chosen, page, api_visibility="private")
    write.click(again, run, [job, status], queue=False, api_visibility="private")
    again_shown = status.change(choose, [run, capability], [capability, lacking], api_visibility="private")
    again_shown.then(show, chosen, page, api_visibility="private")
    whole.load(lambda: _runs.choices(context), None, run, api_visibility="private")
    return Watched(KIND, job, status, written, lambda _: "")


def _languages() -> list[str]:
    return sorted({canonical(language) for card in model_cards.cards() for language in card.languages})

"""Pipeline: from a recording, by a recipe, to a page with the audio and the transcript."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from model_lab.errors import BadConfig
from model_lab.pipelines import recipe as recipes
from model_lab.ui import pipeline_jobs
from model_lab.ui.jobs import Job
from model_lab.ui.pipeline_jobs import PipelineResult
from model_lab.ui.server_context import ServerContext
from model_lab.ui.tabs import _jobs
from model_lab.ui.tabs._jobs import Watched

KIND = "pipeline"


def build(context: ServerContext, whole: gr.Blocks) -> Watched:
    """Build the tab as a part of the ``whole`` page; returns where it shows its job."""
    gr.Markdown(
        f"Any audio or video file, up to {context.limits.upload_mb} MB and {context.limits.pipeline_minutes / 60:g} hours. "
        "You may close the page meanwhile; a stopped pipeline on the same recording continues where it stopped."
    )
    with gr.Row():
        with gr.Column(scale=1):
            recording = gr.File(label="Recording")
            name = gr.Dropdown(recipes.names(), value="meeting", label="Recipe")
            use = gr.Textbox(label="Other models, one STAGE=MODEL per line", lines=2, placeholder="asr=whisper")
            start, end = _jobs.buttons("Start")
        watched = _jobs.outcome(context, KIND, end, lambda result: shown(context, result))

    def begin(path: str | None, name: str, use: str) -> tuple[int, str]:
        def queue() -> Job:
            if not path:
                raise BadConfig("no recording was chosen; drop one, or choose a file")
            chosen = pipeline_jobs.chosen(name, recipes.replacements(filter(str.strip, (use or "").splitlines())))
            file = Path(path)
            return context.jobs.add(KIND, f"{file.name}, {chosen.title}", pipeline_jobs.work(context, file, file.name, chosen))

        return _jobs.begun(queue)

    start.click(begin, [recording, name, use], [watched.job, watched.status], queue=False, api_visibility="private")
    return watched


def shown(context: ServerContext, result: PipelineResult | None) -> str:
    """The page of the conversation and its files."""
    if result is None:
        return ""
    return _jobs.downloads(map(context.address, result.files)) + _jobs.frame(context, result.page, "the conversation")

"""Sprint: start, watch and stop a sprint; the queue of all jobs and their logs."""

from __future__ import annotations

import time
from html import escape
from pathlib import Path
from typing import Any, get_args

import gradio as gr

from model_lab import units
from model_lab.datasets import perturbations
from model_lab.datasets.card import Tier
from model_lab.errors import BadConfig
from model_lab.runs import sprint
from model_lab.ui import sprinting
from model_lab.ui.jobs import Job
from model_lab.ui.server_context import ServerContext
from model_lab.ui.tabs import _jobs
from model_lab.ui.tabs._jobs import Watched

KIND = "sprint"
_QUEUE = ["job", "what", "state", "queued at", "took"]
_EVERY_S = 3.0


def build(context: ServerContext, whole: gr.Blocks) -> Watched:
    """Build the tab as a part of the ``whole`` page; returns where it shows its job."""
    gr.Markdown("Every model in the chosen lanes is evaluated on the datasets of its capabilities. Stored answers are reused.")
    with gr.Row():
        with gr.Column(scale=1):
            name = gr.Dropdown(list(context.sprints), value=context.sprints[0], label="Sprint")
            lanes = gr.Dropdown(multiselect=True, label="Lanes (all if none is chosen)")
            tier = gr.Dropdown(list(get_args(Tier)), value="smoke", label="Tier")
            permitted = gr.Dropdown(["any", "commercial", "permissive"], value="any", label="Licence")
            conditions = gr.Textbox(label="Perturbations, separated by spaces", placeholder="noise:10 telephone")
            start, end = _jobs.buttons("Start")
        watched = _jobs.outcome(context, KIND, end, lambda path: shown(context, path))
    gr.Markdown("### Queue\nJobs run one at a time, so that they do not affect each other's measured times.")
    queue = gr.Dataframe(headers=_QUEUE, interactive=False, label="Queue", show_label=False)
    with gr.Row():
        number = gr.Number(label="Job", precision=0, minimum=1, value=1)
        log = gr.Button("Show its log")
        end_one = gr.Button("Stop it")
    lines = gr.HTML()

    def choose(name: str) -> Any:
        return gr.Dropdown(choices=list(sprint.lanes(sprinting.config(context, name))), value=[])

    def begin(name: str, lanes: list[str], tier: Tier, permitted: Any, conditions: str) -> tuple[int, str]:
        def queue() -> Job:
            perturbed = perturbations.canonical((conditions or "").split())
            work = sprinting.work(context, name, lanes or [], tier, permitted, perturbed)
            return context.jobs.add(KIND, " ".join(sprinting.command(name, lanes or [], tier, permitted, perturbed)), work)

        return _jobs.begun(queue)

    @_jobs.guarded
    def read(number: float) -> str:
        if (job := context.jobs.find(int(number or 0))) is None:
            raise BadConfig(f"there is no job {int(number or 0)}; choose one from the queue")
        return _jobs.status(context, job) + f"<pre>{escape(chr(10).join(job.lines))}</pre>"

    name.change(choose, name, lanes, api_visibility="private")
    start.click(
        begin, [name, lanes, tier, permitted, conditions], [watched.job, watched.status], queue=False, api_visibility="private"
    )
    log.click(read, number, lines, api_visibility="private")
    end_one.click(lambda number: _jobs.stop(context, int(number or 0)), number, None, queue=False, api_visibility="private")
    gr.Timer(_EVERY_S).tick(lambda: rows(context), None, queue, queue=False, show_progress="hidden", api_visibility="private")
    whole.load(choose, name, lanes, api_visibility="private")
    whole.load(lambda: rows(context), None, queue, api_visibility="private")
    return watched


def rows(context: ServerContext) -> list[list[Any]]:
    """The queue, newest job first."""
    return [_row(job) for job in context.jobs.all()]


def _row(job: Job) -> list[Any]:
    queued = time.strftime("%H:%M:%S", time.localtime(job.queued_at))
    state = "stopping" if job.stopping else _jobs.WORDS[job.state]
    return [job.number, job.title, state, queued, units.seconds(job.seconds) if job.ended else units.MISSING]


def shown(context: ServerContext, report: Path | None) -> str:
    """The report, once there is one."""
    return _jobs.frame(context, report, "the report") if report else ""

"""What the tabs share: a live view of a job, a page within the page, and error messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, ParamSpec
from urllib.parse import unquote

import gradio as gr

from model_lab import units
from model_lab.errors import ModelLabError
from model_lab.ui.jobs import Job, JobProgress
from model_lab.ui.server_context import ServerContext

P = ParamSpec("P")

_LAST_LINES = 12
_EVERY_S = 1.0

WORDS = {"waiting": "waiting", "running": "running", "done": "done", "failed": "failed", "stopped": "stopped"}

STYLE = """
.frame iframe { width: 100%; height: 78vh; border: 1px solid var(--border-color-primary); border-radius: 6px; background: Canvas; }
.job progress { width: 100%; } .job pre { white-space: pre-wrap; max-height: 16rem; overflow: auto; font-size: 0.85rem; }
.problem { border-left: 4px solid var(--error-border-color, #b00); padding: 0.4rem 0.8rem; overflow-wrap: anywhere; }
.files a { margin-right: 1rem; }
"""


def problem(text: str) -> str:
    """An error message, as HTML."""
    return f'<p class="problem" role="alert">{escape(text)}</p>'


def guarded(answer: Callable[P, str]) -> Callable[P, str]:
    """``answer``, which returns an error message where it raises a `ModelLabError`."""

    def wrapper(*args: P.args, **kwargs: P.kwargs) -> str:
        try:
            return answer(*args, **kwargs)
        except ModelLabError as error:
            return problem(str(error))

    return wrapper


def frame(context: ServerContext, page: Path, title: str) -> str:
    """One of our pages within the page, and a link to it alone."""
    address = escape(context.address(page))
    return (
        f'<p><a href="{address}" target="_blank">Open {escape(title)} in a new tab</a></p>'
        f'<div class="frame"><iframe src="{address}" title="{escape(title)}"></iframe></div>'
    )


def downloads(addresses: Iterable[str]) -> str:
    """Download links, each labelled with the last part of its address."""
    links = (f'<a href="{escape(at)}" download>{escape(unquote(at.rsplit("/", 1)[-1]))}</a>' for at in addresses)
    return f'<p class="files">{" ".join(links)}</p>'


def status(context: ServerContext, job: Job) -> str:
    """The state of a job: progress, the last lines of its log, and why it failed or was stopped."""
    ahead = context.jobs.ahead(job)
    place = f", {ahead} before it" if ahead else ""
    state = "stopping" if job.stopping else WORDS[job.state]
    took = f" in {units.seconds(job.seconds)}" if job.ended else ""
    parts = [f"<p><strong>{escape(job.title)}</strong> · job {job.number} · <span class='state'>{state}</span>{place}{took}</p>"]
    if job.state == "failed":
        parts.append(problem(job.error))
    elif job.state == "stopped":
        parts.append(f"<p>{escape(job.error)}</p>")
    if not job.ended:
        parts += [_bar(what, bar) for what, bar in list(job.bars.items()) if not bar.total or bar.done < bar.total]
    if job.lines:
        parts.append(f"<pre>{escape(chr(10).join(list(job.lines)[-_LAST_LINES:]))}</pre>")
    return f'<div class="job" data-job="{job.number}" data-state="{job.state}">{"".join(parts)}</div>'


def _bar(what: str, bar: JobProgress) -> str:
    known = f' value="{bar.done}" max="{bar.total}"' if bar.total else ""
    total = f" of {units.count(bar.total)}" if bar.total else ""
    return f"<label>{escape(what)}: {units.count(bar.done)}{total}<progress{known}></progress></label>"


@dataclass(frozen=True)
class Watched:
    """Where a tab shows its job of a ``kind``: its number, its state, and its result as rendered by ``shown``."""

    kind: str
    job: gr.State
    status: gr.HTML
    page: gr.HTML
    shown: Callable[[Any], str]


def buttons(begin: str) -> tuple[gr.Button, gr.Button]:
    """The buttons that start and stop a job."""
    with gr.Row():
        return gr.Button(begin, variant="primary"), gr.Button("Stop")


def outcome(context: ServerContext, kind: str, end: gr.Button, shown: Callable[[Any], str]) -> Watched:
    """A column in which a job is shown; ``end`` stops it."""
    with gr.Column(scale=2):
        watched = Watched(kind, gr.State(0), gr.HTML(), gr.HTML(), shown)
    end.click(lambda number: stop(context, number), watched.job, None, queue=False, api_visibility="private")
    return watched


def watch(context: ServerContext, whole: gr.Blocks, all_watched: Sequence[Watched]) -> None:
    """Refresh the page's jobs once a second, and find the newest of each kind when it is opened.

    A page that is closed or misses a response does not affect the job; the next refresh shows the present state.
    """
    numbers = [one.job for one in all_watched]

    def newest() -> list[int]:
        return [next((job.number for job in context.jobs.all() if job.kind == one.kind), 0) for one in all_watched]

    def look(*numbers: int) -> list[Any]:
        return [part for one, number in zip(all_watched, numbers, strict=True) for part in _seen(context, one, number)]

    shown = [part for one in all_watched for part in (one.status, one.page)]
    whole.load(newest, None, numbers, queue=False, api_visibility="private")
    gr.Timer(_EVERY_S).tick(look, numbers, shown, queue=False, show_progress="hidden", api_visibility="private")


def _seen(context: ServerContext, one: Watched, number: int) -> tuple[Any, Any]:
    job = context.jobs.find(number)
    return (status(context, job), one.shown(job.result)) if job else (gr.skip(), gr.skip())


def begun(begin: Callable[[], Job]) -> tuple[int, str]:
    """The number of the job that ``begin`` queues; 0 and a sentence where it raises a `ModelLabError` instead."""
    try:
        return begin().number, ""
    except ModelLabError as error:
        return 0, problem(str(error))


def stop(context: ServerContext, number: int) -> None:
    """Stop a job; does nothing if it has ended or is unknown."""
    if job := context.jobs.find(number):
        job.stop()

"""Try it: a sound or a text of one's own, put to several models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from model_lab import capabilities
from model_lab.capabilities import Capability, capability
from model_lab.provision import preflight
from model_lab.report.answers_page import JSON
from model_lab.ui import inference
from model_lab.ui.inference import InferenceResult
from model_lab.ui.jobs import Job
from model_lab.ui.server_context import ServerContext
from model_lab.ui.tabs import _jobs
from model_lab.ui.tabs._jobs import Watched

KIND = "try"
_FIRST = "asr"

Updates = tuple[Any, ...]


def build(context: ServerContext, whole: gr.Blocks) -> Watched:
    """Put the tab together, as a part of the ``whole`` page; what it shows a job in."""
    askable = [name for name in capabilities.names() if inference.offered(name)]
    gr.Markdown(
        "Drop or record a sound, or type a text. Every model runs in a process of its own, one after another, so that its time is its own. "
        f"At most {context.limits.ask_minutes:g} minutes of sound and {context.limits.models} models."
    )
    with gr.Row():
        with gr.Column(scale=1):
            asked = gr.Dropdown(askable, value=_FIRST, label="Capability")
            models = gr.Dropdown(multiselect=True, max_choices=context.limits.models, label="Models")
            sound = gr.Audio(type="filepath", label="Sound", sources=["upload", "microphone"])
            second = gr.Audio(type="filepath", label="Second sound", sources=["upload", "microphone"])
            many = gr.File(file_count="multiple", label="Several sounds, each named after its file")
            text = gr.Textbox(label="Text", lines=3, max_length=context.limits.characters)
            number = gr.Number(label="Seconds", value=8, minimum=1, maximum=60)
            truth = gr.Textbox(label="What is really said, if you know it", lines=2, max_length=context.limits.characters)
            ask, end = _jobs.buttons("Ask")
        watched = _jobs.outcome(context, KIND, end, lambda trial: shown(context, trial))
    form = [sound, second, many, text, number, truth]

    def choose(name: str) -> Updates:
        return (_models(name), *_visible(capability(name)))

    def start(name: str, chosen: list[str], *values: Any) -> tuple[int, str]:
        def begin() -> Job:
            models = inference.chosen(name, chosen or [], context.limits)
            question = inference.question(context, name, columns(capability(name), values))
            return context.jobs.add(KIND, f"{name}: {', '.join(models)}", inference.work(context, question, models))

        return _jobs.begun(begin)

    asked.change(choose, asked, [models, *form], api_visibility="private")
    ask.click(start, [asked, models, *form], [watched.job, watched.status], queue=False, api_visibility="private")
    whole.load(choose, asked, [models, *form], api_visibility="private")
    return watched


def columns(asked: Capability, values: tuple[Any, ...]) -> dict[str, Any]:
    """The columns of a question, out of the form: sound, second sound, several sounds, text, number, truth."""
    sound, second, many, text, number, truth = values
    heard = iter((sound, second))
    row: dict[str, Any] = {}
    for kind, column in asked.inputs:
        if asked.column(column).several:
            row[column] = list(many or [])
        elif kind == "audio":
            row[column] = next(heard)
        else:
            row[column] = text if kind == "text" else number
    return row | {column.name: truth for column in asked.columns if column.typed}


def shown(context: ServerContext, trial: InferenceResult | None) -> str:
    """The page of the answers so far, and the files that belong to it."""
    if trial is None or trial.page is None:
        return ""
    twin = context.address(trial.page.parent.parent / JSON)
    return _jobs.downloads([twin, *_sounds(trial.answers)]) + _jobs.frame(context, trial.page, "the answers")


def _sounds(plain: Any) -> Iterator[str]:
    """The addresses of the sounds among answers."""
    match plain:
        case {"file": str(address)}:
            yield address
        case dict():
            yield from _sounds(list(plain.values()))
        case list() | tuple():
            for part in plain:
                yield from _sounds(part)


def _models(name: str) -> Any:
    """The models that can be asked, those that can run here first; the first is chosen."""
    ready = {card.name: preflight.verdict(card).runnable for card in inference.offered(name)}
    names = sorted(ready, key=lambda model: (not ready[model], model))
    choices = [(model if ready[model] else f"{model} (cannot run here yet)", model) for model in names]
    return gr.Dropdown(choices=choices, value=[model for model in names[:1] if ready[model]])


def _visible(asked: Capability) -> Updates:
    sounds = [column for kind, column in asked.inputs if kind == "audio" and not asked.column(column).several]
    kinds = {kind for kind, _ in asked.inputs}
    many = any(asked.column(column).several for _, column in asked.inputs)
    return (
        gr.Audio(visible=bool(sounds)),
        gr.Audio(visible=len(sounds) > 1, label=f"Second sound ({sounds[1]})" if len(sounds) > 1 else "Second sound"),
        gr.File(visible=many),
        gr.Textbox(visible="text" in kinds),
        gr.Number(visible="number" in kinds),
        gr.Textbox(visible=any(column.typed for column in asked.columns)),
    )

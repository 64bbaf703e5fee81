"""Try it: your own audio or text, with several models."""

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
    """Build the tab as a part of the ``whole`` page; returns where it shows its job."""
    available = [name for name in capabilities.names() if inference.offered(name)]
    gr.Markdown(
        "Drop or record audio, or type text. Models run one after another, each in its own process, so that they do not affect each other's times. "
        f"At most {context.limits.ask_minutes:g} minutes of audio and {context.limits.models} models."
    )
    with gr.Row():
        with gr.Column(scale=1):
            capability_name = gr.Dropdown(available, value=_FIRST, label="Capability")
            models = gr.Dropdown(multiselect=True, max_choices=context.limits.models, label="Models")
            sound = gr.Audio(type="filepath", label="Sound", sources=["upload", "microphone"])
            second = gr.Audio(type="filepath", label="Second sound", sources=["upload", "microphone"])
            many = gr.File(file_count="multiple", label="Several sounds, each named after its file")
            text = gr.Textbox(label="Text", lines=3, max_length=context.limits.characters)
            number = gr.Number(label="Seconds", value=8, minimum=1, maximum=60)
            reference = gr.Textbox(label="What is actually said, if you know it", lines=2, max_length=context.limits.characters)
            ask, end = _jobs.buttons("Ask")
        watched = _jobs.outcome(context, KIND, end, lambda result: shown(context, result))
    form = [sound, second, many, text, number, reference]

    def choose(name: str) -> Updates:
        return (_models(name), *_visible(capability(name)))

    def start(name: str, chosen: list[str], *values: Any) -> tuple[int, str]:
        def begin() -> Job:
            models = inference.chosen(name, chosen or [], context.limits)
            question = inference.question(context, name, columns(capability(name), values))
            return context.jobs.add(KIND, f"{name}: {', '.join(models)}", inference.work(context, question, models))

        return _jobs.begun(begin)

    capability_name.change(choose, capability_name, [models, *form], api_visibility="private")
    ask.click(start, [capability_name, models, *form], [watched.job, watched.status], queue=False, api_visibility="private")
    whole.load(choose, capability_name, [models, *form], api_visibility="private")
    return watched


def columns(capability: Capability, values: tuple[Any, ...]) -> dict[str, Any]:
    """The columns of the input, from the form: sound, second sound, several sounds, text, number, reference."""
    sound, second, many, text, number, reference = values
    uploaded = iter((sound, second))
    row: dict[str, Any] = {}
    for kind, column in capability.inputs:
        if capability.column(column).several:
            row[column] = list(many or [])
        elif kind == "audio":
            row[column] = next(uploaded)
        else:
            row[column] = text if kind == "text" else number
    return row | {column.name: reference for column in capability.columns if column.typed}


def shown(context: ServerContext, result: InferenceResult | None) -> str:
    """The page of the answers so far, and links to their files."""
    if result is None or result.page is None:
        return ""
    answers_json = context.address(result.page.parent.parent / JSON)
    return _jobs.downloads([answers_json, *_sounds(result.answers)]) + _jobs.frame(context, result.page, "the answers")


def _sounds(plain: Any) -> Iterator[str]:
    """The addresses of the audio files in the answers."""
    match plain:
        case {"file": str(address)}:
            yield address
        case dict():
            yield from _sounds(list(plain.values()))
        case list() | tuple():
            for part in plain:
                yield from _sounds(part)


def _models(name: str) -> Any:
    """A dropdown of the models with a capability; those that can run here come first, and the first of them is chosen."""
    ready = {card.name: preflight.verdict(card).runnable for card in inference.offered(name)}
    names = sorted(ready, key=lambda model: (not ready[model], model))
    choices = [(model if ready[model] else f"{model} (cannot run here yet)", model) for model in names]
    return gr.Dropdown(choices=choices, value=[model for model in names[:1] if ready[model]])


def _visible(capability: Capability) -> Updates:
    sounds = [column for kind, column in capability.inputs if kind == "audio" and not capability.column(column).several]
    kinds = {kind for kind, _ in capability.inputs}
    many = any(capability.column(column).several for _, column in capability.inputs)
    return (
        gr.Audio(visible=bool(sounds)),
        gr.Audio(visible=len(sounds) > 1, label=f"Second sound ({sounds[1]})" if len(sounds) > 1 else "Second sound"),
        gr.File(visible=many),
        gr.Textbox(visible="text" in kinds),
        gr.Number(visible="number" in kinds),
        gr.Textbox(visible=any(column.typed for column in capability.columns)),
    )

"""What several models answered to one question at hand, side by side, as a page; and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from model_lab import types
from model_lab.datasets.manifest import Sample
from model_lab.errors import ModelLabError
from model_lab.files import translate_os_errors
from model_lab.report import render
from model_lab.report.site import answer_plots
from model_lab.report.site.page import put
from model_lab.report.site.parts import shown
from model_lab.report.sounds import Sounds
from model_lab.types import Audio
from model_lab.views import SampleContext, View
from model_lab.views.parts import Part, Remark

PAGE = Path("page/index.html")
JSON = Path("answers.json")


@dataclass(frozen=True)
class ModelAnswer:
    """A model's answer, or the ``error`` in its place, and what it took: seconds, and MB at the peak."""

    model: str
    answer: Any = None
    error: str = ""
    load_s: float | None = None
    latency_s: float | None = None
    memory_mb: float | None = None
    device: str = ""
    notes: tuple[str, ...] = ()


def write(sample: Sample, answers: Sequence[ModelAnswer], folder: Path) -> Path:
    """Write the page, its sounds and its JSON into ``folder``; returns the path of the page.

    Without a reference, answers that can serve as one (`View.as_reference`) are compared with the first of them, and the page
    says so. Raises `StoreError` if it cannot be written.
    """
    sounds, view = Sounds(folder / "sounds"), sample.capability.view
    reference, problem = _reference(sample)
    context = SampleContext(sample.row, reference, sample.duration or 1e-3, sample.capability.inputs)
    first = _first(view, answers) if reference is None else None
    drawing, drawing_problem = answer_plots.together(view, context, {one.model: one.answer for one in answers if not one.error})
    on_page = partial(shown, sounds=sounds, sample=sample)
    with translate_os_errors(folder):
        described = [(one, on_page(partial(_parts, view, context, one, first))) for one in answers]
        put(
            folder / PAGE,
            render.html(
                "answers.html",
                "",
                sample.capability.title,
                "../",
                seconds=sample.duration,
                question=on_page(lambda: view.question(context)),
                truth=problem or on_page(lambda: view.reference_parts(context) if reference is not None else []),
                against=first.model if first else "the reference" if reference is not None else "",
                drawing=drawing,
                drawing_problem=drawing_problem,
                answers=described,
                notes=list(dict.fromkeys(note for one in answers for note in one.notes)),
            ),
        )
        if drawing:
            put((folder / PAGE).with_name("drawing.svg"), drawing.svg)
        for name, text in render.assets().items():
            put(folder / name, text)
        stored = [plain(one, lambda sound: f"sounds/{sounds.add(sound).flac}") for one in answers]
        put(folder / JSON, json.dumps(stored, ensure_ascii=False, indent=1) + "\n")
    return folder / PAGE


def plain(one: ModelAnswer, file: Callable[[Audio], str]) -> dict[str, Any]:
    """The answer as JSON; sound becomes where its ``file`` is, its rate and seconds."""

    def described(sound: Audio) -> dict[str, Any]:
        return {"file": file(sound), "sample_rate": sound.sample_rate, "duration_s": round(sound.duration, 3)}

    return {
        "model": one.model,
        "answer": types.encode(one.answer, lambda array: array.tolist(), described),
        "error": one.error,
        "load_s": one.load_s,
        "latency_s": one.latency_s,
        "peak_memory_mb": one.memory_mb,
        "device": one.device,
        "notes": list(one.notes),
    }


def _reference(sample: Sample) -> tuple[Any, list[Part]]:
    try:
        return sample.reference(), []
    except ModelLabError as error:
        return None, [Remark(f"The reference cannot be read: {error}")]


def _first(view: View, answers: Sequence[ModelAnswer]) -> ModelAnswer | None:
    """The first of several answers that can stand for a reference."""
    if view.as_reference is None:
        return None
    able = [one for one in answers if not one.error and view.fits(one.answer)]
    return able[0] if len(able) > 1 else None


def _parts(view: View, context: SampleContext, one: ModelAnswer, first: ModelAnswer | None) -> list[Part]:
    if one.error:
        return []
    if first is not None and one is not first and view.as_reference is not None:
        context = replace(context, reference=view.as_reference(first.answer))
    return view.answer_parts(context, one.answer)

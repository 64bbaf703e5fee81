"""What several models answered to one question at hand, side by side, as a page; and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model_lab import types
from model_lab.datasets.manifest import Sample
from model_lab.errors import ModelLabError
from model_lab.files import translate_os_errors
from model_lab.languages import known
from model_lab.report import render
from model_lab.report.site import answer_plots, answer_view, reference_view
from model_lab.report.site.page import put
from model_lab.report.site.parts import Part, Remark
from model_lab.report.site.reference_view import SampleView
from model_lab.report.sounds import Sounds
from model_lab.types import Audio, StreamTranscript, Transcript

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


def write(sample: Sample, given: Sequence[ModelAnswer], folder: Path) -> Path:
    """Write the page, its sounds and its twin in JSON into ``folder``; returns the path of the page.

    Transcripts stand against the truth if the question has it, or else against the first model that wrote one, which is then said.
    Raises `StoreError` if it cannot be written.
    """
    sounds = Sounds(folder / "sounds")
    reference, problem = _reference(sample)
    about = SampleView(sample.capability.name, sample, reference, sample.duration or 1e-3, sounds)
    first = _first(given) if reference is None else None
    answered = {one.model: one.answer for one in given if not one.error}
    drawing = answer_plots.together(about, answered) if answered else None
    with translate_os_errors(folder):
        shown = [(one, _parts(about, one, first)) for one in given]
        put(
            folder / PAGE,
            render.html(
                "answers.html",
                "",
                sample.capability.title,
                "../",
                seconds=sample.duration,
                question=list(reference_view.question(sample, sample.capability, sounds)),
                truth=problem or (reference_view.truth(about) if reference is not None else []),
                against=first.model if first else "what was said" if reference is not None else "",
                drawing=drawing,
                given=shown,
                notes=list(dict.fromkeys(note for one in given for note in one.notes)),
            ),
        )
        if drawing:
            put((folder / PAGE).with_name("drawing.svg"), drawing.svg)
        for name, text in render.assets().items():
            put(folder / name, text)
        answers = [plain(one, lambda sound: f"sounds/{sounds.add(sound).flac}") for one in given]
        put(folder / JSON, json.dumps(answers, ensure_ascii=False, indent=1) + "\n")
    return folder / PAGE


def plain(one: ModelAnswer, file: Callable[[Audio], str]) -> dict[str, Any]:
    """The answer as JSON; sound becomes where its ``file`` is, its rate and seconds."""

    def heard(sound: Audio) -> dict[str, Any]:
        return {"file": file(sound), "sample_rate": sound.sample_rate, "duration_s": round(sound.duration, 3)}

    return {
        "model": one.model,
        "answer": types.encode(one.answer, lambda array: array.tolist(), heard),
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
        return None, [Remark(f"The truth cannot be read: {error}")]


def _first(given: Sequence[ModelAnswer]) -> ModelAnswer | None:
    """The first of several that wrote a transcript."""
    written = [one for one in given if isinstance(one.answer, (Transcript, StreamTranscript))]
    return written[0] if len(written) > 1 else None


def _parts(about: SampleView, one: ModelAnswer, first: ModelAnswer | None) -> list[Part]:
    if one.error:
        return []
    if first is not None and one is not first:
        language = known(first.answer.language) if isinstance(first.answer, Transcript) else ""
        about = replace(about, reference=Transcript(first.answer.text, language=language))
    return answer_view.shown(about, one.answer)

"""Detections of keywords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_lab.metrics.keywords import KeywordTruth
from model_lab.types import Detection
from model_lab.views import segments
from model_lab.views._base import NOTHING_FOUND, SampleContext, View, list_of
from model_lab.views.parts import Part, Remark, Text
from model_lab.views.plots import Bar, Timeline


def bars(detections: Sequence[Detection]) -> list[Bar]:
    """A bar for each detection, with its score; faint below the model's own threshold."""
    return [Bar(one.start, one.end, f"{one.keyword} {one.score:.2g}", faint=not one.accepted) for one in detections]


def _reference(sample: SampleContext) -> list[Part]:
    spoken = ", ".join(f"{word.label} at {word.start:.2f}–{word.end:.2f} s" for word in sample.reference.spoken)
    return [Text(spoken) if spoken else Remark("No keyword is spoken.")]


def _answer(sample: SampleContext, answer: Sequence[Detection]) -> list[Part]:
    if not answer:
        return [NOTHING_FOUND]
    accepted = [one for one in answer if one.accepted]
    listed = ", ".join(f"{one.keyword} at {one.start:.2f}–{one.end:.2f} s ({one.score:.3g})" for one in accepted)
    below = len(answer) - len(accepted)
    return [Text(listed or "nothing"), *([Remark(f"{below} below its threshold.")] if below else [])]


def _plot(sample: SampleContext, answers: Mapping[str, Sequence[Detection]]) -> Timeline:
    reference = segments.bars(sample.reference.spoken) if isinstance(sample.reference, KeywordTruth) else None
    rows = {model: bars(answer) for model, answer in answers.items()}
    return Timeline("Keywords", reference, rows, "faint below the model's own threshold")


DETECTIONS = View(fits=list_of(Detection), reference=_reference, answer=_answer, plot=_plot)
"""A list of `Detection`, against a `KeywordTruth`."""

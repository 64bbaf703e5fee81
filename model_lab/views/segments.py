"""Segments of a recording, such as those in which somebody speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_lab.metrics.segments import SpeechTruth
from model_lab.types import Segment
from model_lab.views._base import NOTHING_FOUND, SampleContext, View, list_of
from model_lab.views.parts import Part, Remark
from model_lab.views.plots import Bar, Timeline


def bars(segments: Sequence[Segment]) -> list[Bar]:
    """A bar for each segment, with its label."""
    return [Bar(segment.start, segment.end, segment.label) for segment in segments]


def _total(segments: Sequence[Segment]) -> str:
    return f"{sum(segment.end - segment.start for segment in segments):.2f} s in all"


def _reference(sample: SampleContext) -> list[Part]:
    segments = sample.reference.segments
    return [Remark(f"{len(segments)} stretches of speech, {_total(segments)}.")]


def _answer(sample: SampleContext, answer: Sequence[Segment]) -> list[Part]:
    return [Remark(f"{len(answer)} stretches, {_total(answer)}.") if answer else NOTHING_FOUND]


def _plot(sample: SampleContext, answers: Mapping[str, Sequence[Segment]]) -> Timeline:
    reference = bars(sample.reference.segments) if isinstance(sample.reference, SpeechTruth) else None
    return Timeline("Speech", reference, {model: bars(answer) for model, answer in answers.items()})


SEGMENTS = View(fits=list_of(Segment), reference=_reference, answer=_answer, plot=_plot)
"""A list of `Segment`, against a `SpeechTruth`."""

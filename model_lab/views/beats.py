"""Tempo and beats."""

from __future__ import annotations

from collections.abc import Mapping

from model_lab.types import Beats
from model_lab.views._base import SampleContext, View, is_a
from model_lab.views.parts import Part, Remark
from model_lab.views.plots import Bar, Timeline

_TICK = 1 / 400
"""Width of a beat's bar, as a share of the recording."""


def bars(beats: Beats, seconds: float) -> list[Bar]:
    """A narrow bar for each beat of a recording that lasts ``seconds``."""
    return [Bar(float(time), float(time) + seconds * _TICK) for time in beats.times]


def _summary(beats: Beats) -> list[Part]:
    return [Remark(f"{beats.tempo_bpm:.1f} BPM, {len(beats.times)} beats.")]


def _plot(sample: SampleContext, answers: Mapping[str, Beats]) -> Timeline:
    reference = bars(sample.reference, sample.seconds) if isinstance(sample.reference, Beats) else None
    return Timeline("Beats", reference, {model: bars(answer, sample.seconds) for model, answer in answers.items()})


BEATS = View(
    fits=is_a(Beats),
    reference=lambda sample: _summary(sample.reference),
    answer=lambda sample, answer: _summary(answer),
    plot=_plot,
)
"""`Beats`, against others."""

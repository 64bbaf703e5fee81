"""The view of a capability that names none, or that is no longer installed: the standard types by their kind, the rest as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_lab.views._base import SampleContext, View
from model_lab.views.beats import BEATS
from model_lab.views.entities import ENTITIES
from model_lab.views.keywords import DETECTIONS
from model_lab.views.labels import LABELS
from model_lab.views.notes import NOTES
from model_lab.views.numbers import NUMBER, SCALES
from model_lab.views.parts import Part
from model_lab.views.plots import Plot
from model_lab.views.segments import SEGMENTS
from model_lab.views.sounds import SOUND, STEMS
from model_lab.views.text import TEXT
from model_lab.views.tracks import FORMANTS, PITCH
from model_lab.views.transcript import STREAM, TRANSCRIPT, line
from model_lab.views.turns import TURNS
from model_lab.views.vectors import VECTOR
from model_lab.views.words import WORDS

_JSON = View()
_KINDS = (
    TRANSCRIPT,
    STREAM,
    SEGMENTS,
    TURNS,
    WORDS,
    DETECTIONS,
    NOTES,
    LABELS,
    ENTITIES,
    BEATS,
    PITCH,
    FORMANTS,
    SOUND,
    STEMS,
    VECTOR,
    NUMBER,
    SCALES,
    TEXT,
)


def _answer(sample: SampleContext, answer: Any) -> list[Part]:
    kind = next((view for view in _KINDS if view.fits(answer)), _JSON)
    return kind.answer_parts(sample, answer)


def _plot(sample: SampleContext, answers: Mapping[str, Any]) -> Plot | None:
    return next((plot for view in _KINDS if (plot := view.plot_of(sample, answers))), None)


FALLBACK = View(answer=_answer, plot=_plot, line=line)

"""Notes of a piece of music."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_lab.formats import midi
from model_lab.types import Note
from model_lab.views._base import NOTHING_FOUND, SampleContext, View, list_of
from model_lab.views.parts import Part, Remark
from model_lab.views.plots import NotePlot


def _answer(sample: SampleContext, answer: Sequence[Note]) -> list[Part]:
    if not answer:
        return [NOTHING_FOUND]
    low, high = (edge(note.pitch_hz for note in answer) for edge in (min, max))
    return [Remark(f"{len(answer)} notes, MIDI keys {midi.key(low):.0f} to {midi.key(high):.0f}.")]


_are_notes = list_of(Note)


def _plot(sample: SampleContext, answers: Mapping[str, Sequence[Note]]) -> NotePlot:
    return NotePlot("Notes", sample.reference if _are_notes(sample.reference) else None, answers)


NOTES = View(fits=_are_notes, reference=lambda sample: [Remark(f"{len(sample.reference)} notes.")], answer=_answer, plot=_plot)
"""A list of `Note`, against another."""

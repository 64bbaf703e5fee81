"""Notes of a piece of music."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from model_lab.types import Note
from model_lab.views._base import NOTHING_FOUND, SampleContext, View, list_of
from model_lab.views.parts import Part, Remark
from model_lab.views.plots import NotePlot

_A4_HZ, _A4_KEY = 440.0, 69


def midi_key(hertz: float) -> float:
    """A frequency as a MIDI key number, with fractions; A4 = 440 Hz = 69.

    >>> midi_key(440.0), midi_key(880.0)
    (69.0, 81.0)
    """
    return float(_A4_KEY + 12 * np.log2(hertz / _A4_HZ))


def _answer(sample: SampleContext, answer: Sequence[Note]) -> list[Part]:
    if not answer:
        return [NOTHING_FOUND]
    low, high = (edge(note.pitch_hz for note in answer) for edge in (min, max))
    return [Remark(f"{len(answer)} notes, MIDI keys {midi_key(low):.0f} to {midi_key(high):.0f}.")]


_are_notes = list_of(Note)


def _plot(sample: SampleContext, answers: Mapping[str, Sequence[Note]]) -> NotePlot:
    return NotePlot("Notes", sample.reference if _are_notes(sample.reference) else None, answers)


NOTES = View(fits=_are_notes, reference=lambda sample: [Remark(f"{len(sample.reference)} notes.")], answer=_answer, plot=_plot)
"""A list of `Note`, against another."""

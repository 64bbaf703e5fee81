"""Words with their times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_lab.metrics.alignment import WordTimes
from model_lab.types import Word
from model_lab.views._base import NOTHING_FOUND, SampleContext, View, list_of
from model_lab.views.parts import Part, Remark
from model_lab.views.plots import Bar, Timeline


def bars(words: Sequence[Word]) -> list[Bar]:
    """A bar for each word; neighbours differ in strength."""
    return [Bar(word.start, word.end, word.text, faint=bool(number % 2)) for number, word in enumerate(words)]


def _count(words: Sequence[Word]) -> list[Part]:
    return [Remark(f"{len(words)} words.")]


def _plot(sample: SampleContext, answers: Mapping[str, Sequence[Word]]) -> Timeline:
    reference = bars(sample.reference.words) if isinstance(sample.reference, WordTimes) else None
    return Timeline("Words", reference, {model: bars(answer) for model, answer in answers.items()})


WORDS = View(
    fits=list_of(Word),
    reference=lambda sample: _count(sample.reference.words),
    answer=lambda sample, answer: _count(answer) if answer else [NOTHING_FOUND],
    plot=_plot,
)
"""A list of `Word`, against `WordTimes`."""

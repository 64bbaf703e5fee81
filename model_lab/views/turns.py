"""Turns of speakers: who speaks when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_lab.metrics.segments import SpeakerTruth
from model_lab.types import Segment, Turn
from model_lab.views._base import NOTHING_FOUND, SampleContext, View, list_of
from model_lab.views.parts import Facts, Part, Remark
from model_lab.views.plots import Bar, Timeline

_LEGEND = "a letter and a colour for each speaker of the reference, ? for speakers mapped to none"


def letter(number: int) -> str:
    """What the speaker with this number, from 0, is called in a plot.

    >>> letter(0), letter(27)
    ('A', 'B1')
    """
    round_, place = divmod(number, 26)
    return chr(ord("A") + place) + (str(round_) if round_ else "")


def timeline(reference: SpeakerTruth | None, answers: Mapping[str, Sequence[Turn]]) -> Timeline:
    """The turns of the reference and of every model: one colour and one letter for each speaker of the reference.

    A model's speakers are named after those they are mapped to in its diarization error; speakers mapped to none are ``?``.
    """
    expected = reference or SpeakerTruth(())
    numbers = {speaker: number for number, speaker in enumerate(dict.fromkeys(turn.speaker for turn in expected.turns))}
    rows = {}
    for model, turns in answers.items():
        speakers = _mapping(expected, turns)
        rows[model] = [_bar(turn, numbers.get(speakers.get(turn.speaker, ""))) for turn in turns]
    bars = None if reference is None else [_bar(turn, numbers[turn.speaker]) for turn in expected.turns]
    return Timeline("Speakers", bars, rows, _LEGEND)


def _bar(turn: Turn, number: int | None) -> Bar:
    if number is None:
        return Bar(turn.start, turn.end, "?", colour=None, faint=True)
    return Bar(turn.start, turn.end, letter(number), colour=number)


def _mapping(reference: SpeakerTruth, turns: Sequence[Turn]) -> dict[str, str]:
    """Speakers of an answer -> speakers of the reference, one to one, with the least confusion (pyannote.metrics)."""
    from pyannote.core import Annotation
    from pyannote.core import Segment as Span
    from pyannote.core import Timeline as Extent
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotated(side: Sequence[Turn]) -> Annotation:
        annotation = Annotation()
        for track, turn in enumerate(side):
            annotation[Span(turn.start, turn.end), track] = turn.speaker
        return annotation

    spans = [*reference.uem] or [Segment(0.0, max((turn.end for turn in (*reference.turns, *turns)), default=0.0))]
    scored = Extent([Span(span.start, span.end) for span in spans])
    mapping: dict[str, str] = DiarizationErrorRate().optimal_mapping(annotated(reference.turns), annotated(turns), uem=scored)
    return mapping


def _reference(sample: SampleContext) -> list[Part]:
    turns = sample.reference.turns
    names = dict.fromkeys(turn.speaker for turn in turns)
    spoken = {name: sum(turn.end - turn.start for turn in turns if turn.speaker == name) for name in names}
    return [Facts({letter(number): f"{name}, {spoken[name]:.2f} s" for number, name in enumerate(names)})]


def _answer(sample: SampleContext, answer: Sequence[Turn]) -> list[Part]:
    speakers = len({turn.speaker for turn in answer})
    return [Remark(f"{speakers} speakers, {len(answer)} turns.") if answer else NOTHING_FOUND]


TURNS = View(
    fits=list_of(Turn),
    reference=_reference,
    answer=_answer,
    plot=lambda sample, answers: timeline(sample.reference if isinstance(sample.reference, SpeakerTruth) else None, answers),
)
"""A list of `Turn`, against a `SpeakerTruth`."""

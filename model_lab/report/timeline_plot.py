"""What happens when, as bars over time: the truth's lane on top, one lane a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model_lab.metrics.segments import SpeakerTruth
from model_lab.report.plots import ACCENT, BAD, GOOD, INK, LINE, QUIET, WARN, drawing, margins, svg
from model_lab.types import Beats, Detection, Segment, Turn, Word
from model_lab.units import one_line

TRUTH = "truth"
_COLOURS = (ACCENT, WARN, BAD, GOOD, INK)
_STRANGER = QUIET
_LANE = 0.27
_INCHES = 7.2
_LETTER = 0.085
_LEFT = 1.5
_NAME = 24
_TICK = 1 / 400


@dataclass(frozen=True)
class TimelineBar:
    """``[start, end)`` in seconds; ``text`` stands in it where there is room."""

    start: float
    end: float
    text: str = ""
    colour: str = ACCENT
    faint: bool = False


Lanes = Mapping[str, Sequence[TimelineBar]]
"""Bars by the name of their lane, the topmost first."""


def drawn(lanes: Lanes, seconds: float, title: str) -> str:
    """The lanes from 0 to ``seconds`` as SVG."""
    with drawing(_INCHES, 0.45 + _LANE * len(lanes)) as (figure, axes):
        margins(figure, left=_LEFT, bottom=0.38)
        room = (_INCHES - _LEFT) / seconds
        for level, bars in enumerate(lanes.values()):
            for (colour, faint), alike in _grouped(bars).items():
                spans = [(bar.start, bar.end - bar.start) for bar in alike]
                axes.broken_barh(spans, (level - 0.36, 0.72), facecolors=colour, alpha=0.3 if faint else 0.75, linewidth=0)
            for bar in bars:
                if bar.text and len(bar.text) * _LETTER < (bar.end - bar.start) * room:
                    middle = (bar.start + bar.end) / 2
                    axes.text(
                        middle, level, one_line(bar.text), ha="center", va="center", fontsize=7, color=INK, parse_math=False
                    )
        axes.set_ylim(len(lanes) - 0.5, -0.5)
        axes.set_xlim(0, seconds)
        axes.set_yticks(range(len(lanes)), [one_line(name, _NAME) for name in lanes], parse_math=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("s", labelpad=0)
        axes.grid(axis="x", color=LINE, linewidth=0.5)
        axes.set_axisbelow(True)
        return svg(figure, title)


def _grouped(bars: Sequence[TimelineBar]) -> dict[tuple[str, bool], list[TimelineBar]]:
    """Bars that look the same, which are drawn at once."""
    groups: dict[tuple[str, bool], list[TimelineBar]] = {}
    for bar in bars:
        groups.setdefault((bar.colour, bar.faint), []).append(bar)
    return groups


def of_segments(segments: Sequence[Segment]) -> list[TimelineBar]:
    """Stretches of time with their labels."""
    return [TimelineBar(segment.start, segment.end, segment.label) for segment in segments]


def of_words(words: Sequence[Word]) -> list[TimelineBar]:
    """Words; neighbours differ in strength."""
    return [TimelineBar(word.start, word.end, word.text, faint=bool(number % 2)) for number, word in enumerate(words)]


def of_detections(found: Sequence[Detection]) -> list[TimelineBar]:
    """Keywords with their scores; those below the model's own threshold are faint."""
    return [TimelineBar(one.start, one.end, f"{one.keyword} {one.score:.2g}", faint=not one.accepted) for one in found]


def of_beats(beats: Beats, seconds: float) -> list[TimelineBar]:
    """Beats as ticks, of a recording of so many seconds."""
    return [TimelineBar(float(time), float(time) + seconds * _TICK) for time in beats.times]


def of_turns(truth: SpeakerTruth, answers: Mapping[str, Sequence[Turn]]) -> dict[str, list[TimelineBar]]:
    """The lanes of the truth and of every model: one colour and one letter a speaker of the truth.

    A model's speakers are those they are mapped to where its diarization error is counted; one who is mapped to nobody is ``?``.
    """
    known = {speaker: number for number, speaker in enumerate(dict.fromkeys(turn.speaker for turn in truth.turns))}
    lanes = {TRUTH: [_turn(turn, known.get(turn.speaker)) for turn in truth.turns]}
    for model, turns in answers.items():
        mapped = _mapping(truth, turns)
        lanes[model] = [_turn(turn, known.get(mapped.get(turn.speaker, ""))) for turn in turns]
    return lanes


def _turn(turn: Turn, number: int | None) -> TimelineBar:
    if number is None:
        return TimelineBar(turn.start, turn.end, "?", _STRANGER, faint=True)
    return TimelineBar(turn.start, turn.end, letter(number), _COLOURS[number % len(_COLOURS)])


def letter(number: int) -> str:
    """What the speaker with this number is called in a picture.

    >>> letter(0), letter(27)
    ('A', 'B1')
    """
    round_, place = divmod(number, 26)
    return chr(ord("A") + place) + (str(round_) if round_ else "")


def _mapping(truth: SpeakerTruth, turns: Sequence[Turn]) -> dict[str, str]:
    """Speakers of an answer -> speakers of the truth, one to one, so that confusion is least (pyannote.metrics)."""
    from pyannote.core import Annotation, Timeline
    from pyannote.core import Segment as Span
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotated(side: Sequence[Turn]) -> Annotation:
        annotation = Annotation()
        for track, turn in enumerate(side):
            annotation[Span(turn.start, turn.end), track] = turn.speaker
        return annotation

    spans = [*truth.uem] or [Segment(0.0, max((turn.end for turn in (*truth.turns, *turns)), default=0.0))]
    scored = Timeline([Span(span.start, span.end) for span in spans])
    found: dict[str, str] = DiarizationErrorRate().optimal_mapping(annotated(truth.turns), annotated(turns), uem=scored)
    return found

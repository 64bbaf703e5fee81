"""One picture of all models' answers over time, with the truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from model_lab.metrics.alignment import WordTimes
from model_lab.metrics.keywords import KeywordTruth
from model_lab.metrics.segments import SpeakerTruth, SpeechTruth
from model_lab.report import frequency_plot, timeline_plot
from model_lab.report.site.parts import Drawing
from model_lab.report.site.reference_view import SampleView
from model_lab.report.timeline_plot import TRUTH, TimelineBar
from model_lab.types import Beats, Detection, Formants, Note, PitchTrack, Segment, Turn, Word

_OVER = "; the truth is the broad line, the answer the thin one over it"
_LEGENDS = {
    "Speakers": "; a letter and a colour for each speaker of the truth, ? for one who is mapped to nobody",
    "Keywords": "; faint below the model's own threshold",
    "F0": _OVER,
    "Formants": _OVER,
    "Notes": _OVER,
}
_NO_FORMANTS = np.zeros(0, np.float32)
_MOST_FORMANTS = 3
_TRUTHS = (SpeechTruth, SpeakerTruth, WordTimes, KeywordTruth, Beats)


def together(asked: SampleView, answers: Mapping[str, Any]) -> Drawing | None:
    """The answers of one kind in one picture, best model first; None where they are nothing that happens over time."""
    for fits, draw in _KINDS:
        shown = {model: answer for model, answer in answers.items() if fits(answer)}
        if any(not isinstance(answer, list) or answer for answer in shown.values()):
            return draw(asked, shown)
    return None


def _list_of(kind: type) -> Callable[[Any], bool]:
    return lambda answer: isinstance(answer, list) and all(isinstance(item, kind) for item in answer)


def _a(kind: type) -> Callable[[Any], bool]:
    return lambda answer: isinstance(answer, kind)


def _segments(asked: SampleView, answers: Mapping[str, Any]) -> Drawing:
    truth = asked.reference.segments if isinstance(asked.reference, SpeechTruth) else ()
    return _lanes("Speech", asked, {TRUTH: timeline_plot.of_segments(truth)} | _each(timeline_plot.of_segments, answers))


def _turns(asked: SampleView, answers: Mapping[str, Any]) -> Drawing:
    truth = asked.reference if isinstance(asked.reference, SpeakerTruth) else SpeakerTruth(())
    return _lanes("Speakers", asked, timeline_plot.of_turns(truth, answers))


def _words(asked: SampleView, answers: Mapping[str, Any]) -> Drawing:
    truth = asked.reference.words if isinstance(asked.reference, WordTimes) else ()
    return _lanes("Words", asked, {TRUTH: timeline_plot.of_words(truth)} | _each(timeline_plot.of_words, answers))


def _detections(asked: SampleView, answers: Mapping[str, Any]) -> Drawing:
    truth = asked.reference.spoken if isinstance(asked.reference, KeywordTruth) else ()
    return _lanes("Keywords", asked, {TRUTH: timeline_plot.of_segments(truth)} | _each(timeline_plot.of_detections, answers))


def _beats(asked: SampleView, answers: Mapping[str, Any]) -> Drawing:
    truth = {TRUTH: asked.reference} if isinstance(asked.reference, Beats) else {}
    return _lanes(
        "Beats", asked, {name: timeline_plot.of_beats(beats, asked.seconds) for name, beats in {**truth, **answers}.items()}
    )


def _each(make: Callable[[Any], list[TimelineBar]], answers: Mapping[str, Any]) -> dict[str, list[TimelineBar]]:
    return {model: make(answer) for model, answer in answers.items()}


def _lanes(what: str, asked: SampleView, drawn: Mapping[str, list[TimelineBar]]) -> Drawing:
    """The lanes that hold something real; without a truth of that kind there is no lane of it."""
    kept = {
        name: [bar for bar in bars if math.isfinite(bar.start) and math.isfinite(bar.end)]
        for name, bars in drawn.items()
        if name != TRUTH or isinstance(asked.reference, _TRUTHS)
    }
    seconds = max([asked.seconds, *(bar.end for bars in kept.values() for bar in bars)])
    alt = _alt(what, [name for name in kept if name != TRUTH], asked, seconds)
    return Drawing(timeline_plot.drawn(kept, seconds, alt), alt)


def _pitch(asked: SampleView, answers: Mapping[str, PitchTrack]) -> Drawing:
    truth = frequency_plot.of_pitch(asked.reference) if isinstance(asked.reference, PitchTrack) else []
    alt = _alt("F0", list(answers), asked, asked.seconds)
    shown = {model: frequency_plot.of_pitch(track) for model, track in answers.items()}
    return Drawing(frequency_plot.overlaid(truth, shown, asked.seconds, alt), alt)


def _formants(asked: SampleView, answers: Mapping[str, Formants]) -> Drawing:
    truth = asked.reference if isinstance(asked.reference, np.ndarray) else _NO_FORMANTS
    alt = _alt("Formants", list(answers), asked, asked.seconds)
    shown = {model: frequency_plot.of_formants(found, truth.size or _MOST_FORMANTS) for model, found in answers.items()}
    return Drawing(
        frequency_plot.overlaid(frequency_plot.steady(truth, asked.seconds), shown, asked.seconds, alt, octaves=0.3), alt
    )


def _notes(asked: SampleView, answers: Mapping[str, list[Note]]) -> Drawing:
    truth = asked.reference if _list_of(Note)(asked.reference) else []
    alt = _alt("Notes", list(answers), asked, asked.seconds)
    return Drawing(frequency_plot.played(truth, answers, asked.seconds, alt), alt)


def _alt(what: str, models: list[str], asked: SampleView, seconds: float) -> str:
    sides = models if asked.reference is None else [*models, "the truth"]
    names = f"{', '.join(sides[:-1])} and {sides[-1]}" if len(sides) > 1 else "".join(sides)
    return f"{what} of {names}, 0–{seconds:.1f} s{_LEGENDS.get(what, '')}"


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[SampleView, Any], Drawing]], ...] = (
    (_list_of(Segment), _segments),
    (_list_of(Turn), _turns),
    (_list_of(Word), _words),
    (_list_of(Detection), _detections),
    (_list_of(Note), _notes),
    (_a(Beats), _beats),
    (_a(PitchTrack), _pitch),
    (_a(Formants), _formants),
)

"""Every capability's view shows its own answers; what is of another type is shown as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from model_lab.capabilities import capabilities, capability
from model_lab.types import Audio, Beats, Label, Segment, StreamEvent, StreamTranscript, Transcript
from model_lab.views import SampleContext, View, list_of
from model_lab.views.fallback import FALLBACK
from model_lab.views.parts import AlignedText, Facts, RankedLabels, Remark, Sound, Text
from model_lab.views.plots import Bar, Plot, Timeline

NAMES = [one.name for one in capabilities()]
_OVER_TIME = {"alignment", "diarization", "formants", "kws", "music_transcription", "pitch", "tempo", "vad"}


def _sample(reference: Any = None, **row: Any) -> SampleContext:
    return SampleContext(row, reference, 1.0)


def _chance(name: str) -> tuple[Any, SampleContext]:
    """A random answer to a capability's own example, and the sample it belongs to."""
    asked = capability(name)
    example = asked.example()
    row = {column: value for (_, column), value in zip(asked.inputs, example.inputs, strict=True)}
    rng = np.random.default_rng(0)
    answer = asked.ask(lambda *inputs: asked.chance(rng, *inputs), *example.inputs)
    return answer, SampleContext(row, example.reference, 1.0, asked.inputs)


@pytest.mark.parametrize("name", NAMES)
def test_a_capability_has_a_view_that_fits_its_answers(name: str) -> None:
    view, (answer, sample) = capability(name).view, _chance(name)
    assert view is not FALLBACK
    assert view.fits(answer)
    assert view.answer_parts(sample, answer) and view.reference_parts(sample)
    assert (view.plot is not None) == (name in _OVER_TIME)
    assert view.plot is None or answer == [] or view.plot_of(sample, {"model": answer}) is not None


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_of_another_type_is_json_and_is_not_drawn(name: str) -> None:
    sample = _sample()
    odd = {"odd": ["thing"]}
    assert capability(name).view.answer_parts(sample, odd) == [Text('{"odd": ["thing"]}')]
    assert capability(name).view.plot_of(sample, {"model": odd}) is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stored", [None, 3, [], [None], {"type": "Transcript"}, {"type": "Audio", "shape": []}, {"a": {"b": 1}}])
def test_a_line_is_made_of_whatever_is_stored(name: str, stored: Any) -> None:
    assert isinstance(capability(name).view.line(stored), str)


def test_without_a_reference_a_view_says_so() -> None:
    assert capability("asr").view.reference_parts(_sample()) == [Remark("The dataset has no reference for this sample.")]


def test_lists_that_are_all_empty_are_not_drawn() -> None:
    view = capability("vad").view
    assert view.plot_of(_sample(), {"a": [], "b": []}) is None
    plot = view.plot_of(_sample(), {"a": [], "b": [Segment(0, 1)]})
    assert isinstance(plot, Timeline) and plot.reference is None
    assert {model: len(bars) for model, bars in plot.answers.items()} == {"a": 0, "b": 1}


def test_another_answer_stands_for_a_reference() -> None:
    asr, stream = capability("asr").view, capability("asr_stream").view
    assert asr.as_reference is not None and stream.as_reference is not None
    assert asr.as_reference(Transcript("今天", language="zh-Hans")) == Transcript("今天", language="zh")
    other = asr.as_reference(Transcript("a cat"))
    (aligned,) = asr.answer_parts(_sample(other), Transcript("a hat"))
    assert isinstance(aligned, AlignedText) and (aligned.count("equal"), aligned.count("substitute")) == (1, 1)
    events = StreamTranscript((StreamEvent("a cat", True, 1.0, 1.5),))
    assert stream.as_reference(events) == Transcript("a cat")


def test_keys_are_the_same_however_they_are_spelt() -> None:
    labels = [Label("D# minor", 0.75), Label("C major", 0.25)]
    (ranked,) = capability("key").view.answer_parts(_sample("Eb minor"), labels)
    assert isinstance(ranked, RankedLabels)
    assert [label.verdict for label in ranked.first] == ["right", ""]


class TestFallback:
    def test_standard_types_are_shown_by_their_kind(self) -> None:
        sound = Audio(np.zeros(8000, np.float32), 16000)
        assert FALLBACK.answer_parts(_sample(), sound) == [Sound("answer", sound)]
        assert FALLBACK.answer_parts(_sample(), {"mos": 3.25}) == [Facts({"mos": "3.25"})]
        assert FALLBACK.answer_parts(_sample(), Beats(120.0)) == [Remark("120.0 BPM, 0 beats.")]
        (ranked,) = FALLBACK.answer_parts(_sample("Eb minor"), [Label("Eb minor", 0.5)])
        assert isinstance(ranked, RankedLabels) and ranked.first[0].verdict == ""

    def test_everything_else_is_json(self) -> None:
        assert FALLBACK.answer_parts(_sample(), {"level": 3, "at": [1]}) == [Text('{"level": 3, "at": [1]}')]
        assert FALLBACK.reference_parts(_sample({"level": 3})) == [Text('{"level": 3}')]

    def test_what_happens_over_time_is_drawn_without_a_reference_of_another_type(self) -> None:
        plot = FALLBACK.plot_of(_sample({"own": "reference"}), {"model": [Segment(0, 1)], "odd": 3})
        assert isinstance(plot, Timeline) and plot.reference is None and list(plot.answers) == ["model"]
        assert FALLBACK.plot_of(_sample(), {"model": "text"}) is None


def test_a_view_of_ones_own_draws_its_own_plot() -> None:
    def plot(sample: SampleContext, answers: Mapping[str, Any]) -> Plot:
        return Timeline("Clicks", None, {model: [Bar(t, t + 0.1) for t in times] for model, times in answers.items()})

    view = View(fits=list_of(float), plot=plot)
    drawn = view.plot_of(_sample(), {"model": [0.5], "text": "none"})
    assert isinstance(drawn, Timeline) and list(drawn.answers) == ["model"]

from __future__ import annotations

from model_lab.metrics.segments import SpeakerTruth
from model_lab.types import Segment, Turn
from model_lab.views.turns import timeline

_TRUTH = SpeakerTruth((Turn(0, 4, "ann"), Turn(4, 6, "bob"), Turn(6, 9, "ann")))


def test_a_models_speakers_are_those_of_the_reference() -> None:
    plot = timeline(_TRUTH, {"model": [Turn(0, 4.5, "spk2"), Turn(4.5, 6, "spk1"), Turn(6, 9, "spk2")]})
    assert plot.reference is not None
    assert [bar.text for bar in plot.answers["model"]] == [bar.text for bar in plot.reference] == ["A", "B", "A"]
    assert [bar.colour for bar in plot.answers["model"]] == [bar.colour for bar in plot.reference] == [0, 1, 0]


def test_a_speaker_too_many_is_nobody() -> None:
    plot = timeline(_TRUTH, {"model": [Turn(0, 4, "1"), Turn(4, 6, "2"), Turn(6, 7, "3")]})
    bars = [(bar.text, bar.colour, bar.faint) for bar in plot.answers["model"]]
    assert bars == [("A", 0, False), ("B", 1, False), ("?", None, True)]


def test_speakers_are_mapped_where_they_are_scored() -> None:
    truth = SpeakerTruth((Turn(0, 8, "ann"), Turn(8, 10, "bob")), (Segment(7, 10),))
    plot = timeline(truth, {"model": [Turn(0, 7, "x"), Turn(7, 8, "y"), Turn(8, 10, "x")]})
    assert [bar.text for bar in plot.answers["model"]] == ["B", "A", "B"]


def test_without_a_reference_everybody_is_nobody() -> None:
    plot = timeline(None, {"model": [Turn(0, 7, "x")]})
    assert plot.reference is None and [bar.text for bar in plot.answers["model"]] == ["?"]

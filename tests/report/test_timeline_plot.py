from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.metrics.segments import SpeakerTruth
from model_lab.report.timeline_plot import TRUTH, TimelineBar, drawn, of_turns
from model_lab.types import Segment, Turn
from tests.scored_run import EVIL

_TRUTH = SpeakerTruth((Turn(0, 4, "ann"), Turn(4, 6, "bob"), Turn(6, 9, "ann")))


def test_a_models_speakers_are_drawn_as_those_of_the_truth() -> None:
    lanes = of_turns(_TRUTH, {"model": [Turn(0, 4.5, "spk2"), Turn(4.5, 6, "spk1"), Turn(6, 9, "spk2")]})
    assert [bar.text for bar in lanes["model"]] == [bar.text for bar in lanes[TRUTH]] == ["A", "B", "A"]
    assert [bar.colour for bar in lanes["model"]] == [bar.colour for bar in lanes[TRUTH]]
    assert lanes[TRUTH][0].colour != lanes[TRUTH][1].colour


def test_a_speaker_too_many_is_nobody() -> None:
    lanes = of_turns(_TRUTH, {"model": [Turn(0, 4, "1"), Turn(4, 6, "2"), Turn(6, 7, "3")]})
    assert [(bar.text, bar.faint) for bar in lanes["model"]] == [("A", False), ("B", False), ("?", True)]


def test_speakers_are_mapped_where_they_are_scored() -> None:
    truth = SpeakerTruth((Turn(0, 8, "ann"), Turn(8, 10, "bob")), (Segment(7, 10),))
    lanes = of_turns(truth, {"model": [Turn(0, 7, "x"), Turn(7, 8, "y"), Turn(8, 10, "x")]})
    assert [bar.text for bar in lanes["model"]] == ["B", "A", "B"]


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0.1, 2), st.text(max_size=12)), max_size=5))
def test_any_bars_give_a_picture_that_can_be_parsed(spans: list[tuple[float, float, str]]) -> None:
    bars = [TimelineBar(start, start + length, text) for start, length, text in spans]
    root = ElementTree.fromstring(drawn({TRUTH: bars, "model $x$": []}, 12.0, "bars"))
    assert "model $x$" in "".join(root.itertext())


def test_a_picture_is_always_the_same_and_holds_no_foreign_element(recwarn: pytest.WarningsRecorder) -> None:
    lanes = {
        TRUTH: [TimelineBar(0, 30, EVIL), TimelineBar(30, 60, "日本語 \U0001f600")],
        EVIL: [TimelineBar(1, 2, "x", faint=True)],
    }
    text = drawn(lanes, 60.0, EVIL)
    assert text == drawn(lanes, 60.0, EVIL)
    assert not [element for element in ElementTree.fromstring(text).iter() if element.tag.endswith("script")]
    assert not recwarn.list

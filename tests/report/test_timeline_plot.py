from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.report.timeline_plot import REFERENCE, drawn
from model_lab.views.plots import Bar
from tests.scored_run import EVIL


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0.1, 2), st.text(max_size=12)), max_size=5))
def test_any_bars_give_a_picture_that_can_be_parsed(spans: list[tuple[float, float, str]]) -> None:
    bars = [Bar(start, start + length, text) for start, length, text in spans]
    root = ElementTree.fromstring(drawn({REFERENCE: bars, "model $x$": []}, 12.0, "bars"))
    assert "model $x$" in "".join(root.itertext())


def test_a_picture_is_always_the_same_and_holds_no_foreign_element(recwarn: pytest.WarningsRecorder) -> None:
    rows = {
        REFERENCE: [Bar(0, 30, EVIL), Bar(30, 60, "日本語 \U0001f600")],
        EVIL: [Bar(1, 2, "x", faint=True)],
    }
    text = drawn(rows, 60.0, EVIL)
    assert text == drawn(rows, 60.0, EVIL)
    assert not [element for element in ElementTree.fromstring(text).iter() if element.tag.endswith("script")]
    assert not recwarn.list


def test_colours_repeat_and_no_colour_is_grey() -> None:
    bars = [Bar(second, second + 1, colour=None if second == 6 else second) for second in range(7)]
    text = drawn({REFERENCE: bars}, 7.0, "bars")
    names = ("accent", "warn", "bad", "good", "ink", "quiet")
    assert [text.count(f"fill: var(--{name}); fill-opacity: 0.75") for name in names] == [2, 1, 1, 1, 1, 1]

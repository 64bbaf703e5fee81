from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from model_lab.report.frequency_plot import curves, notes
from model_lab.types import Note
from model_lab.views.plots import Curve, FrequencyPlot, NotePlot

_TIMES = np.arange(0, 2, 0.01, dtype=np.float32)


def _steady(hertz: float) -> list[Curve]:
    return [Curve(_TIMES, np.full_like(_TIMES, hertz))]


def _words(svg: str) -> list[str]:
    return [text for text in (part.strip() for part in ElementTree.fromstring(svg).itertext()) if text]


def test_models_are_named_in_their_order_on_an_axis_around_the_truth() -> None:
    answers = {"second $x$": _steady(3000.0), "first": _steady(210.0)}
    words = _words(curves(FrequencyPlot("F0", _steady(200.0), answers), 2.0, "F0"))
    assert words.index("second $x$") < words.index("first")
    assert words.count("200") == 2 and "3200" not in words


def test_a_single_voiced_frame_is_seen() -> None:
    hertz = np.full_like(_TIMES, np.nan)
    hertz[50] = 200.0
    plot = FrequencyPlot("F0", None, {"model": [Curve(_TIMES, hertz)]})
    drawn = re.findall(r'd="M ([\d.]+) [\d.]+\s+L ([\d.]+) [^>]*var\(--accent\)', curves(plot, 2.0, "F0"))
    assert len(drawn) == 1 and float(drawn[0][1]) - float(drawn[0][0]) > 1


@pytest.mark.parametrize("answers", [{}, {"model": []}, {"model": _steady(np.nan)}, {"model": _steady(-5.0)}])
def test_nothing_to_draw_is_an_empty_picture(answers: dict[str, list[Curve]], recwarn: pytest.WarningsRecorder) -> None:
    ElementTree.fromstring(curves(FrequencyPlot("F0", None, answers), 2.0, "F0"))
    assert not recwarn.list


def test_a_picture_of_many_long_answers_stays_small() -> None:
    rng = np.random.default_rng(0)
    times = np.arange(0, 300, 0.005, dtype=np.float32)
    noise = [Curve(times, rng.uniform(50, 800, times.size).astype(np.float32))]
    plot = FrequencyPlot("F0", noise, {f"model {number}": noise for number in range(12)})
    assert len(curves(plot, 300.0, "F0")) < 150_000


def test_an_axis_reaches_as_far_beyond_the_reference_as_the_plot_says() -> None:
    near, far = (_words(curves(FrequencyPlot("F0", _steady(500.0), {"model": []}, octaves), 2.0, "F0")) for octaves in (0.3, 2.0))
    assert "200" not in near and "200" in far


def test_notes_are_drawn_on_an_axis_of_octaves() -> None:
    plot = NotePlot("Notes", [Note(0.0, 1.0, 261.6)], {"model": [Note(0.1, 0.9, 523.3)], "none": []})
    assert "C4" in _words(notes(plot, 2.0, "notes"))

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from model_lab.report.frequency_plot import Curve, of_formants, of_pitch, overlaid, played, steady
from model_lab.types import Formants, Note, PitchTrack

_TIMES = np.arange(0, 2, 0.01, dtype=np.float32)


def _track(hertz: float, voiced: float = 1.0) -> PitchTrack:
    return PitchTrack(_TIMES, np.full_like(_TIMES, hertz), np.full_like(_TIMES, voiced))


def _words(svg: str) -> list[str]:
    return [text for text in (part.strip() for part in ElementTree.fromstring(svg).itertext()) if text]


def test_only_voiced_frames_with_a_pitch_are_drawn() -> None:
    assert np.isnan(of_pitch(_track(100.0, 0.4))[0].hertz).all()
    assert np.isnan(of_pitch(_track(0.0))[0].hertz).all()
    assert (of_pitch(_track(100.0, 0.5))[0].hertz == 100).all()


def test_models_are_named_in_their_order_on_an_axis_around_the_truth() -> None:
    answers = {"second $x$": of_pitch(_track(3000.0)), "first": of_pitch(_track(210.0))}
    words = _words(overlaid(of_pitch(_track(200.0)), answers, 2.0, "F0"))
    assert words.index("second $x$") < words.index("first")
    assert words.count("200") == 2 and "3200" not in words


def test_a_single_voiced_frame_is_seen() -> None:
    hertz = np.full_like(_TIMES, np.nan)
    hertz[50] = 200.0
    drawn = re.findall(
        r'd="M ([\d.]+) [\d.]+\s+L ([\d.]+) [^>]*var\(--accent\)', overlaid([], {"model": [Curve(_TIMES, hertz)]}, 2.0, "F0")
    )
    assert len(drawn) == 1 and float(drawn[0][1]) - float(drawn[0][0]) > 1


@pytest.mark.parametrize("answers", [{}, {"model": []}, {"model": of_pitch(_track(np.nan))}, {"model": of_pitch(_track(-5.0))}])
def test_nothing_to_draw_is_an_empty_picture(answers: dict[str, list[Curve]], recwarn: pytest.WarningsRecorder) -> None:
    ElementTree.fromstring(overlaid([], answers, 2.0, "F0"))
    assert not recwarn.list


def test_a_picture_of_many_long_answers_stays_small() -> None:
    rng = np.random.default_rng(0)
    times = np.arange(0, 300, 0.005, dtype=np.float32)
    curves = [Curve(times, rng.uniform(50, 800, times.size).astype(np.float32))]
    assert len(overlaid(curves, {f"model {number}": curves for number in range(12)}, 300.0, "F0")) < 150_000


def test_formants_and_notes_are_drawn_over_their_truth() -> None:
    found = Formants(_TIMES, np.tile(np.array([500, 1500, np.nan, 4000], np.float32), (len(_TIMES), 1)))
    assert len(of_formants(found, 3)) == 3
    assert "800" in _words(
        overlaid(steady(np.array([700.0, 1200.0], np.float32), 2.0), {"lpc": of_formants(found, 3)}, 2.0, "formants")
    )
    assert "C4" in _words(played([Note(0.0, 1.0, 261.6)], {"model": [Note(0.1, 0.9, 523.3)], "none": []}, 2.0, "notes"))

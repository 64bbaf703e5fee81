from __future__ import annotations

import numpy as np

from model_lab.types import Formants, PitchTrack
from model_lab.views import SampleContext
from model_lab.views.parts import Facts
from model_lab.views.plots import FrequencyPlot
from model_lab.views.tracks import FORMANTS, of_formants, of_pitch

_TIMES = np.arange(0, 2, 0.01, dtype=np.float32)


def _track(hertz: float, voiced: float = 1.0) -> PitchTrack:
    return PitchTrack(_TIMES, np.full_like(_TIMES, hertz), np.full_like(_TIMES, voiced))


def _formants(*hertz: float) -> Formants:
    return Formants(_TIMES, np.tile(np.array(hertz, np.float32), (len(_TIMES), 1)))


def test_only_voiced_frames_with_a_pitch_are_drawn() -> None:
    assert np.isnan(of_pitch(_track(100.0, 0.4))[0].hertz).all()
    assert np.isnan(of_pitch(_track(0.0))[0].hertz).all()
    assert (of_pitch(_track(100.0, 0.5))[0].hertz == 100).all()


def test_as_many_formants_are_drawn_as_the_reference_has() -> None:
    answer = _formants(500, 1500, np.nan, 4000)
    assert len(of_formants(answer, 3)) == 3
    sample = SampleContext({}, np.array([700.0, 1200.0], np.float32), 2.0)
    plot = FORMANTS.plot_of(sample, {"lpc": answer})
    assert isinstance(plot, FrequencyPlot) and plot.reference is not None
    assert [curve.hertz.tolist() for curve in plot.reference] == [[700.0, 700.0], [1200.0, 1200.0]]
    assert len(plot.answers["lpc"]) == 2


def test_a_formant_that_is_never_measured_has_no_median() -> None:
    (facts,) = FORMANTS.answer_parts(SampleContext({}, None, 2.0), _formants(500, np.nan))
    assert facts == Facts({"median F1": "500 Hz", "median F2": "—"})

"""Tracks of frequencies over time: the fundamental frequency, and formants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from model_lab import units
from model_lab.types import FloatArray, Formants, PitchTrack
from model_lab.views._base import SampleContext, View, is_a
from model_lab.views.parts import Facts, Part, Remark
from model_lab.views.plots import Curve, FrequencyPlot

if TYPE_CHECKING:
    import numpy.typing as npt

_VOICED = 0.5
_MOST_FORMANTS = 3


def voiced(track: PitchTrack) -> npt.NDArray[np.bool_]:
    """The frames that have a fundamental frequency, shape ``(n,)``."""
    return (track.voiced >= _VOICED) & (track.f0_hz > 0)


def of_pitch(track: PitchTrack) -> list[Curve]:
    """The fundamental frequency where it is voiced."""
    return [Curve(track.times, np.where(voiced(track), track.f0_hz, np.nan).astype(np.float32))]


def of_formants(formants: Formants, most: int) -> list[Curve]:
    """The lowest ``most`` formants."""
    return [Curve(formants.times, column) for column in formants.formants_hz.T[:most]]


def steady(hertz: FloatArray, seconds: float) -> list[Curve]:
    """Frequencies that stay the same."""
    return [Curve(np.array([0, seconds], np.float32), np.full(2, value, np.float32)) for value in hertz]


def _range(track: PitchTrack) -> list[Part]:
    """How much of it is voiced, and how high it is."""
    hertz = track.f0_hz[voiced(track)]
    if not hertz.size:
        return [Remark(f"None of {len(track.times)} frames is voiced.")]
    low, middle, high = np.percentile(hertz, [5, 50, 95])
    return [
        Remark(
            f"{hertz.size} of {len(track.times)} frames are voiced; median F0 {middle:.0f} Hz, 90 % of it in {low:.0f}–{high:.0f} Hz."
        )
    ]


def _pitch_plot(sample: SampleContext, answers: Mapping[str, PitchTrack]) -> FrequencyPlot:
    reference = of_pitch(sample.reference) if isinstance(sample.reference, PitchTrack) else None
    return FrequencyPlot("F0", reference, {model: of_pitch(track) for model, track in answers.items()})


def _medians(formants: Formants) -> list[Part]:
    measured = {f"F{number}": column[np.isfinite(column)] for number, column in enumerate(formants.formants_hz.T, 1)}
    return [
        Facts(
            {f"median {name}": f"{np.median(hertz):.0f} Hz" if hertz.size else units.MISSING for name, hertz in measured.items()}
        )
    ]


def _formant_plot(sample: SampleContext, answers: Mapping[str, Formants]) -> FrequencyPlot:
    hertz = sample.reference if isinstance(sample.reference, np.ndarray) else None
    most = hertz.size if hertz is not None and hertz.size else _MOST_FORMANTS
    reference = None if hertz is None else steady(hertz, sample.seconds)
    return FrequencyPlot(
        "Formants", reference, {model: of_formants(formants, most) for model, formants in answers.items()}, octaves=0.3
    )


PITCH = View(
    fits=is_a(PitchTrack),
    reference=lambda sample: _range(sample.reference),
    answer=lambda sample, track: _range(track),
    plot=_pitch_plot,
)
"""A `PitchTrack`, against another."""

FORMANTS = View(
    fits=is_a(Formants),
    reference=lambda sample: [
        Facts({f"F{number}": f"{hertz:.0f} Hz" for number, hertz in enumerate(sample.reference.tolist(), 1)})
    ],
    answer=lambda sample, formants: _medians(formants),
    plot=_formant_plot,
)
"""`Formants` of a steady vowel, against its frequencies in Hz, shape ``(k,)``."""

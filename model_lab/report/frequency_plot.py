"""Frequencies over time: each model's in a band of its own, over the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab.report.plots import ACCENT, INK, LINE, QUIET, drawing, margins, svg
from model_lab.units import one_line
from model_lab.views.plots import Curve, FrequencyPlot, NotePlot

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.figure import Figure

_BAND = 0.8
_FILLED = 0.76
_NAME = 40
_MOST_TICKS = 4
_POINTS = 2500
"""Of all curves of a plot together; more would be finer than its lines are."""

_A4_HZ, _A4 = 440.0, 69
_TICKS = {float(hertz): str(hertz) for hertz in (25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12800)}
_OCTAVES = {_A4_HZ * 2 ** ((12 * number + 12 - _A4) / 12): f"C{number}" for number in range(10)}
_REFERENCE: dict[str, Any] = {"color": QUIET, "alpha": 0.45, "linewidth": 4.0}
_ANSWER: dict[str, Any] = {"color": ACCENT, "linewidth": 1.5}


def curves(plot: FrequencyPlot, seconds: float, title: str) -> str:
    """Curves from 0 to ``seconds`` as SVG, logarithmic in Hz: the reference broad, the answer a thin line over it.

    All to one scale, which reaches ``plot.octaves`` beyond the reference; what is further off lies at the edge.
    """
    reference = plot.reference or ()
    most = _POINTS // max(1, sum(len(answer) + len(reference) for answer in plot.answers.values()))
    hertz = _positive((curve.hertz for curve in reference), (curve.hertz for answer in plot.answers.values() for curve in answer))
    with _bands(list(plot.answers), hertz, seconds, _TICKS, plot.octaves) as (figure, axes, height):
        for band, answer in enumerate(plot.answers.values()):
            for side, style in ((reference, _REFERENCE), (answer, _ANSWER)):
                for curve in side:
                    thin = _thinned(curve, most)
                    axes.plot(thin.times, band + height(thin.hertz), solid_capstyle="butt", **style)
        return svg(figure, title)


def _thinned(curve: Curve, most: int) -> Curve:
    """At most about ``most`` points; the last of every run lasts half a step, so that a point alone is seen."""
    step = len(curve.times) // most + 1
    times, hertz = curve.times[::step], curve.hertz[::step]
    there = np.isfinite(hertz)
    last = np.flatnonzero(there & ~np.append(there[1:], False))
    half = float(np.median(np.diff(times))) / 2 if len(times) > 1 else 0.0
    return Curve(np.insert(times, last + 1, times[last] + half), np.insert(hertz, last + 1, hertz[last]))


def notes(plot: NotePlot, seconds: float, title: str) -> str:
    """As `curves`, with notes: those of the reference broad, those of the answer narrow over them."""
    reference = plot.reference or ()
    pitches = _positive(
        ([note.pitch_hz] for note in reference), ([note.pitch_hz] for side in plot.answers.values() for note in side)
    )
    with _bands(list(plot.answers), pitches, seconds, _OCTAVES, 1.0) as (figure, axes, height):
        for band, answer in enumerate(plot.answers.values()):
            for side, style in ((reference, _REFERENCE), (answer, _ANSWER)):
                times = np.array([[note.onset, note.offset, np.nan] for note in side]).ravel()
                hertz = np.array([[note.pitch_hz] * 3 for note in side]).ravel()
                axes.plot(times, band + height(hertz), solid_capstyle="butt", **style)
        return svg(figure, title)


def _positive(*sides: Iterable[Any]) -> npt.NDArray[np.float64]:
    """The frequencies of the first side that has any."""
    for side in sides:
        every = np.concatenate([np.zeros(0), *side])
        positive: npt.NDArray[np.float64] = every[np.isfinite(every) & (every > 0)]
        if positive.size:
            return positive
    return np.zeros(0)


@contextmanager
def _bands(
    names: Sequence[str], frequencies: npt.NDArray[np.float64], seconds: float, ticks: Mapping[float, str], octaves: float
) -> Iterator[tuple[Figure, Any, Callable[[Any], Any]]]:
    """Axes with a band a name, the first on top: band ``n`` is from ``n`` to ``n + 1``, downwards, and reaches ``octaves`` beyond ``frequencies`` (Hz).

    The function given tells how far down in a band a frequency stands. One axes for all: each would cost as much as the rest.
    """
    low, high = (
        (np.log2(frequencies.min()) - octaves - 0.1, np.log2(frequencies.max()) + octaves + 0.1)
        if frequencies.size
        else (6.0, 9.0)
    )

    def height(hertz: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return 1 - _FILLED * np.clip((np.log2(hertz) - low) / (high - low), 0.02, 1)

    rows = max(1, len(names))
    shown = [(hertz, text) for hertz, text in ticks.items() if low <= np.log2(hertz) <= high]
    shown = shown[:: len(shown) // _MOST_TICKS + 1]
    with drawing(7.2, 0.45 + _BAND * rows) as (figure, axes):
        margins(figure, left=0.6, bottom=0.38)
        for band, name in enumerate(names):
            axes.axhline(band, color=LINE, linewidth=0.8)
            axes.text(seconds * 0.006, band + 0.06, one_line(name, _NAME), va="top", fontsize=8, color=INK, parse_math=False)
        axes.set_yticks(
            [band + height(hertz) for band in range(rows) for hertz, _ in shown], [text for _, text in shown] * rows, fontsize=7
        )
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", color=LINE, linewidth=0.4)
        axes.set_axisbelow(True)
        axes.set_ylabel("Hz" if ticks is _TICKS else "", labelpad=2)
        axes.set_xlabel("s", labelpad=0)
        axes.set_xlim(0, seconds)
        axes.set_ylim(rows, 0)
        yield figure, axes, height

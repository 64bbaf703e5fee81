"""Frequencies over time: each model's in a band of its own, over the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab.report.plots import ACCENT, INK, LINE, QUIET, drawing, margins, svg
from model_lab.types import FloatArray, Formants, Note, PitchTrack
from model_lab.units import one_line

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.figure import Figure

_BAND = 0.8
_FILLED = 0.76
_NAME = 40
_MOST_TICKS = 4
_POINTS = 2500
"""Of all curves of a picture together; more would be finer than its lines are."""

_VOICED = 0.5
_A4_HZ, _A4 = 440.0, 69
_TICKS = {float(hertz): str(hertz) for hertz in (25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12800)}
_OCTAVES = {_A4_HZ * 2 ** ((12 * number + 12 - _A4) / 12): f"C{number}" for number in range(10)}
_TRUTH: dict[str, Any] = {"color": QUIET, "alpha": 0.45, "linewidth": 4.0}
_ANSWER: dict[str, Any] = {"color": ACCENT, "linewidth": 1.5}


@dataclass(frozen=True)
class Curve:
    """``times`` in seconds, ``hertz`` with NaN where there is nothing; shape ``(n,)`` both."""

    times: FloatArray
    hertz: FloatArray


def voiced(track: PitchTrack) -> npt.NDArray[np.bool_]:
    """The frames that have a fundamental frequency, shape ``(n,)``."""
    return (track.voiced >= _VOICED) & (track.f0_hz > 0)


def of_pitch(track: PitchTrack) -> list[Curve]:
    """The fundamental frequency where it is voiced."""
    return [Curve(track.times, np.where(voiced(track), track.f0_hz, np.nan).astype(np.float32))]


def of_formants(found: Formants, most: int) -> list[Curve]:
    """The lowest ``most`` formants."""
    return [Curve(found.times, column) for column in found.formants_hz.T[:most]]


def steady(hertz: FloatArray, seconds: float) -> list[Curve]:
    """Frequencies that stay the same."""
    return [Curve(np.array([0, seconds], np.float32), np.full(2, value, np.float32)) for value in hertz]


def overlaid(
    truth: Sequence[Curve], answers: Mapping[str, Sequence[Curve]], seconds: float, title: str, octaves: float = 1.0
) -> str:
    """A band a model, 0 to ``seconds``, logarithmic in Hz: the truth broad, the answer a line over it.

    All to one scale, so many ``octaves`` beyond the truth; what is further off lies at the edge.
    """
    most = _POINTS // max(1, sum(len(curves) + len(truth) for curves in answers.values()))
    heard = _known((curve.hertz for curve in truth), (curve.hertz for curves in answers.values() for curve in curves))
    with _bands(list(answers), heard, seconds, _TICKS, octaves) as (figure, axes, height):
        for band, curves in enumerate(answers.values()):
            for side, style in ((truth, _TRUTH), (curves, _ANSWER)):
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


def played(truth: Sequence[Note], answers: Mapping[str, Sequence[Note]], seconds: float, title: str) -> str:
    """As `overlaid`, with notes: those of the truth broad, those of the answer narrow over them."""
    heard = _known(([note.pitch_hz] for note in truth), ([note.pitch_hz] for notes in answers.values() for note in notes))
    with _bands(list(answers), heard, seconds, _OCTAVES, 1.0) as (figure, axes, height):
        for band, notes in enumerate(answers.values()):
            for side, style in ((truth, _TRUTH), (notes, _ANSWER)):
                times = np.array([[note.onset, note.offset, np.nan] for note in side]).ravel()
                hertz = np.array([[note.pitch_hz] * 3 for note in side]).ravel()
                axes.plot(times, band + height(hertz), solid_capstyle="butt", **style)
        return svg(figure, title)


def _known(*sides: Iterable[Any]) -> npt.NDArray[np.float64]:
    """The frequencies of the first side that has any."""
    for side in sides:
        every = np.concatenate([np.zeros(0), *side])
        found: npt.NDArray[np.float64] = every[np.isfinite(every) & (every > 0)]
        if found.size:
            return found
    return np.zeros(0)


def key(hertz: float) -> float:
    """A frequency as a MIDI key number, with fractions; A4 = 440 Hz = 69.

    >>> key(440.0), key(880.0)
    (69.0, 81.0)
    """
    return float(_A4 + 12 * np.log2(hertz / _A4_HZ))


@contextmanager
def _bands(
    names: Sequence[str], heard: npt.NDArray[np.float64], seconds: float, ticks: Mapping[float, str], octaves: float
) -> Iterator[tuple[Figure, Any, Callable[[Any], Any]]]:
    """Axes with a band a name, the first on top: band ``n`` is from ``n`` to ``n + 1``, downwards, and reaches ``octaves`` beyond ``heard`` (Hz).

    The function given tells how far down in a band a frequency stands. One axes for all: each would cost as much as the rest.
    """
    low, high = (np.log2(heard.min()) - octaves - 0.1, np.log2(heard.max()) + octaves + 0.1) if heard.size else (6.0, 9.0)

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

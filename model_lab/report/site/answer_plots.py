"""All models' answers over time, drawn in one plot with the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from model_lab.report import frequency_plot, timeline_plot
from model_lab.report.site.parts import Drawing, message
from model_lab.views import SampleContext, View
from model_lab.views.plots import Bar, FrequencyPlot, NotePlot, Plot, Timeline

_OVER = "the reference is the broad line, the answer the thin one over it"


def together(view: View, sample: SampleContext, answers: Mapping[str, Any]) -> tuple[Drawing | None, str]:
    """The answers to a sample in one plot, best model first; or None, and a sentence where they could not be drawn."""
    try:
        plot = view.plot_of(sample, answers)
        return drawn(plot, sample.seconds) if plot else None, ""
    except Exception as error:
        return None, f"The answers cannot be drawn: {message(error)}"


def drawn(plot: Plot, seconds: float) -> Drawing:
    """A plot from 0 to ``seconds``, or to the end of what it holds. Raises `TypeError` for what is no plot."""
    match plot:
        case Timeline():
            return _timeline(plot, seconds)
        case FrequencyPlot():
            alt = _alt(plot, seconds, _OVER)
            return Drawing(frequency_plot.curves(plot, seconds, alt), alt)
        case NotePlot():
            alt = _alt(plot, seconds, _OVER)
            return Drawing(frequency_plot.notes(plot, seconds, alt), alt)
    raise TypeError(f"its plot is a {type(plot).__name__}; expected one of model_lab.views.plots")


def _timeline(plot: Timeline, seconds: float) -> Drawing:
    reference = {} if plot.reference is None else {timeline_plot.REFERENCE: plot.reference}
    rows = {name: _finite(bars) for name, bars in {**reference, **plot.answers}.items()}
    seconds = max([seconds, *(bar.end for bars in rows.values() for bar in bars)])
    alt = _alt(plot, seconds, plot.legend)
    return Drawing(timeline_plot.drawn(rows, seconds, alt), alt)


def _finite(bars: Sequence[Bar]) -> list[Bar]:
    return [bar for bar in bars if math.isfinite(bar.start) and math.isfinite(bar.end)]


def _alt(plot: Plot, seconds: float, legend: str) -> str:
    sides = [*plot.answers, *([] if plot.reference is None else ["the reference"])]
    names = f"{', '.join(sides[:-1])} and {sides[-1]}" if len(sides) > 1 else "".join(sides)
    return f"{plot.title} of {names}, 0–{seconds:.1f} s{legend and '; ' + legend}"

"""An error as a waterfall: what there is in all, each stage's share taken from it, and what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_lab import units
from model_lab.report.plots import ACCENT, INK, LINE, QUIET, drawing, margins, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT = 0.62
_LEFT_IN, _BOTTOM_IN, _ROW_IN = 1.25, 0.5, 0.36


@dataclass(frozen=True)
class WaterfallBar:
    """A bar of an ``amount`` of error from ``start`` to ``end``; ``low`` and ``high``: where its end may lie at 95 %."""

    name: str
    amount: float
    start: float
    end: float
    low: float | None
    high: float | None
    color: str


def steps(metric: Mapping[str, Any]) -> list[WaterfallBar]:
    """The bars of a metric that is shared out (see `waterfall.waterfall`), from the whole error to what no stage causes.

    Each stage's begins where the one above it ends, and what is left ends at 0. None where the metric is not defined.
    """
    return list(_steps(metric)) if metric["value"]["value"] is not None else []


def _steps(metric: Mapping[str, Any]) -> Iterator[WaterfallBar]:
    whole, left = metric["value"], metric["left"]
    level = whole["value"]
    yield WaterfallBar("all", level, 0.0, level, whole["low"], whole["high"], INK)
    for row in metric["stages"]:
        share = row["share"]
        low, high = (None if bound is None else level - bound for bound in (share["high"], share["low"]))
        yield WaterfallBar(row["stage"], share["value"], level, level - share["value"], low, high, ACCENT)
        level -= share["value"]
    yield WaterfallBar("none of them", left["value"], 0.0, left["value"], left["low"], left["high"], QUIET)


def described(metric: Mapping[str, Any]) -> str:
    """Description of the picture."""
    parts = [(row["stage"], row["share"]) for row in metric["stages"]] + [("none of them", metric["left"])]
    causes = ", ".join(f"{name} {_interval(part)}" for name, part in parts)
    return f"{metric['metric']} {_interval(metric['value'])}, caused by: {causes}"


def _interval(estimate: Mapping[str, Any]) -> str:
    amount, bounds = units.amount(estimate["value"], "ratio"), units.interval(estimate["low"], estimate["high"], "ratio")
    return f"{amount} {bounds}".strip()


def picture(metric: Mapping[str, Any]) -> str:
    """The waterfall as SVG, a row for each of `steps`."""
    bars = steps(metric)
    with drawing(7.2, _BOTTOM_IN + 0.1 + _ROW_IN * len(bars)) as (figure, axes):
        margins(figure, _LEFT_IN, _BOTTOM_IN)
        for place, bar in enumerate(bars):
            _draw(axes, place, bar)
        for place, bar in enumerate(bars[:-1]):
            axes.plot([bar.end] * 2, [place - _HEIGHT / 2, place + 1 + _HEIGHT / 2], color=QUIET, linewidth=0.6)
        axes.set_yticks(range(len(bars)), [bar.name for bar in bars])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.set_xlim(*_limits(bars))
        axes.xaxis.set_major_formatter(lambda value, _: units.amount(value, "ratio"))
        axes.set_xlabel(f"{metric['metric']} (lower is better); whiskers: 95 % of each bar's length")
        axes.grid(axis="x", color=LINE, linewidth=0.5)
        axes.set_axisbelow(True)
        return svg(figure, described(metric))


def _draw(axes: Axes, place: int, bar: WaterfallBar) -> None:
    """A bar, its whisker at the end that it reaches, and its length beside both."""
    axes.barh(place, bar.end - bar.start, _HEIGHT, bar.start, color=bar.color, alpha=0.75, linewidth=0)
    bounds = [bound for bound in (bar.low, bar.high) if bound is not None]
    if bounds:
        axes.plot(bounds, [place] * 2, color=INK, linewidth=1.2, marker="|", markersize=6)
    axes.annotate(
        units.amount(bar.amount, "ratio"),
        (max(bar.start, bar.end, *bounds), place),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=INK,
    )


def _limits(bars: list[WaterfallBar]) -> tuple[float, float]:
    """The span of all bars and whiskers, with room for the lengths written to the right of them."""
    ends = [0.0, *(end for bar in bars for end in (bar.start, bar.end, bar.low, bar.high) if end is not None)]
    width = max(ends) - min(ends) or 1.0
    return min(ends) - 0.02 * width * (min(ends) < 0), max(ends) + 0.14 * width

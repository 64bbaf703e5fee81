"""Plots as SVG, drawn by matplotlib in the colours of the page, light or dark.

Colours are written as the variables of ``palette.css``, which every picture carries, so that it follows the reader's choice where
it is in a page and where it is opened alone.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_lab import units
from model_lab.analysis.contended_times import labelled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    from model_lab.analysis.costs import Cost
    from model_lab.analysis.grades import Grade
    from model_lab.analysis.schema import Report

_PALETTE = Path(__file__).parent / "templates" / "palette.css"
_NAMES = ("ink", "quiet", "line", "accent", "bad", "warn", "good", "paper")
INK, QUIET, LINE, ACCENT, BAD, WARN, GOOD, PAPER = _STAND_INS = tuple(f"#0102{number:02x}" for number in range(1, 9))
"""Stand-ins for the palette's colours; `svg` puts the variables in their place."""
_COLORS = {"A": GOOD, "B": GOOD, "C": WARN, "D": WARN, "F": BAD}
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "model-lab",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": QUIET,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
}


@contextmanager
def drawing(width: float, height: float, **layout: Any) -> Iterator[tuple[Figure, Any]]:
    """A figure of ``width`` x ``height`` inches with its axes (``layout`` as of `matplotlib.figure.Figure.subplots`)."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots(**layout)


def margins(figure: Figure, left: float, bottom: float) -> None:
    """Put the axes where ``left`` and ``bottom`` inches are free: quicker than making room for what is written there."""
    width, height = figure.get_size_inches()
    figure.set_layout_engine(None)
    figure.subplots_adjust(left=left / width, right=1 - 0.15 / width, top=1 - 0.05 / height, bottom=bottom / height)


def svg(figure: Figure, title: str) -> str:
    """The figure as SVG; the same figure gives the same text. ``title`` is read to those who do not see it."""
    stream = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's fonts draw it
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    text = re.sub(
        r' d="[^"]*"', lambda match: re.sub(r"(\.\d)\d+", r"\1", match[0]), stream.getvalue()
    )  # a tenth of a point will do
    for stand_in, name in zip(_STAND_INS, _NAMES, strict=True):
        text = text.replace(stand_in, f"var(--{name})")
    return re.sub(r"<defs>\s*<style", lambda match: f"<style>{_palette()}</style>\n{match[0]}", text, count=1)


@cache
def _palette() -> str:
    return re.sub(r"\s+", " ", _PALETTE.read_text("utf-8"))


def front(costs: Sequence[Cost], currency: str) -> str:
    """Quality with its interval against cost, one dot a model, as large as its memory; those that none beats in all three are named.

    All of one dataset; raises `ValueError` if none of them has a price.
    """
    priced = [cost for cost in costs if math.isfinite(cost.price) and cost.price > 0]
    if not priced:
        raise ValueError("no model has a price")
    column = priced[0].column
    per = "an hour of audio" if priced[0].per_audio_hour is not None else "1,000 calls"
    with drawing(7.2, 3.6) as (figure, axes):
        for cost in priced:
            _dot(axes, cost)
        axes.set_xscale("log")
        for place in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
            place(lambda price, _: f"{price:.2g}")
        axes.yaxis.set_major_formatter(lambda value, _: units.amount(value, column.unit))
        axes.set_xlabel(f"{currency} for {per}")
        axes.set_ylabel(f"{column.name} ({'higher' if column.higher_is_better else 'lower'} is better)")
        if not column.higher_is_better:
            axes.invert_yaxis()
        axes.grid(color=LINE, linewidth=0.5)
        axes.margins(x=0.15, y=0.12)
        return svg(figure, f"{column.name} against cost on {priced[0].dataset}")


def _dot(axes: Axes, cost: Cost) -> None:
    score = cost.row.scores[cost.column.name]
    assert score.value is not None
    color = ACCENT if cost.on_front else QUIET
    if score.low is not None and score.high is not None:
        axes.plot([cost.price] * 2, [score.low, score.high], color=color, linewidth=1)
    size = 12 + 30 * math.sqrt((cost.row.speed.peak_memory_mb or 0.0) / 1024)
    axes.scatter([cost.price], [score.value], s=size, color=color, alpha=0.85, linewidths=0)
    axes.annotate(
        labelled(cost.row.model, cost.row.speed),
        (cost.price, score.value),
        xytext=(5, 3),
        textcoords="offset points",
        fontsize=8,
        color=INK if cost.on_front else QUIET,
    )


def overview(report: Report, grades: Iterable[Grade]) -> str:
    """A row of squares for every capability, one for every graded model, best first, with the best of them named.

    "?": not shown to beat doing nothing, or not graded.
    """
    titles = {card.capability: card.title for card in report.scorecards}
    rows: dict[str, list[Grade]] = {}
    for grade in sorted(grades, key=lambda grade: (grade.capability, grade.order, grade.model)):
        rows.setdefault(grade.capability, []).append(grade)
    with drawing(7.2, 0.6 + 0.24 * len(rows)) as (figure, axes):
        longest = max(map(len, rows.values()), default=0)
        for place, graded in enumerate(rows.values()):
            for number, grade in enumerate(graded):
                axes.add_patch(_square(number, place, _COLORS[grade.letter] if grade.letter else QUIET))
                axes.text(
                    number + 0.45, place, grade.letter or "?", ha="center", va="center", fontsize=7, color=PAPER, weight="bold"
                )
            axes.text(longest + 0.3, place, _foremost(graded), va="center", fontsize=8, color=INK)
        axes.set_xlim(0, longest + 8)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(range(len(rows)), [titles.get(name, name) for name in rows])
        axes.set_xticks([])
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        return svg(figure, "Grades of every model in every capability")


def _foremost(grades: Sequence[Grade]) -> str:
    """Who shares the best letter, unless it is an F."""
    return ", ".join(grade.model for grade in grades if grade.letter and grade.letter == grades[0].letter != "F")


def _square(number: int, place: int, color: str) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle((number, place - 0.4), 0.9, 0.8, color=color, linewidth=0)

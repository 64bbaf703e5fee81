"""What happens when, as rows of bars over time: the reference on top, one row for each model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_lab.report.plots import ACCENT, BAD, GOOD, INK, LINE, QUIET, WARN, drawing, margins, svg
from model_lab.units import one_line
from model_lab.views.plots import Bar

REFERENCE = "reference"
"""The name of the reference's row."""

_COLOURS = (ACCENT, WARN, BAD, GOOD, INK)
_ROW = 0.27
_INCHES = 7.2
_LETTER = 0.085
_LEFT = 1.5
_NAME = 24


def drawn(rows: Mapping[str, Sequence[Bar]], seconds: float, title: str) -> str:
    """Rows of bars by name, the topmost first, from 0 to ``seconds`` as SVG."""
    with drawing(_INCHES, 0.45 + _ROW * len(rows)) as (figure, axes):
        margins(figure, left=_LEFT, bottom=0.38)
        room = (_INCHES - _LEFT) / seconds
        for level, bars in enumerate(rows.values()):
            for (colour, faint), alike in _grouped(bars).items():
                spans = [(bar.start, bar.end - bar.start) for bar in alike]
                axes.broken_barh(spans, (level - 0.36, 0.72), facecolors=colour, alpha=0.3 if faint else 0.75, linewidth=0)
            for bar in bars:
                if bar.text and len(bar.text) * _LETTER < (bar.end - bar.start) * room:
                    middle = (bar.start + bar.end) / 2
                    axes.text(
                        middle, level, one_line(bar.text), ha="center", va="center", fontsize=7, color=INK, parse_math=False
                    )
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, seconds)
        axes.set_yticks(range(len(rows)), [one_line(name, _NAME) for name in rows], parse_math=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("s", labelpad=0)
        axes.grid(axis="x", color=LINE, linewidth=0.5)
        axes.set_axisbelow(True)
        return svg(figure, title)


def _grouped(bars: Sequence[Bar]) -> dict[tuple[str, bool], list[Bar]]:
    """Bars that look the same, which are drawn at once."""
    groups: dict[tuple[str, bool], list[Bar]] = {}
    for bar in bars:
        colour = QUIET if bar.colour is None else _COLOURS[bar.colour % len(_COLOURS)]
        groups.setdefault((colour, bar.faint), []).append(bar)
    return groups

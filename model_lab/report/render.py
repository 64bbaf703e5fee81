"""HTML of the report: templates filled with data, all of which is escaped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from model_lab import units
from model_lab.analysis import phrasing
from model_lab.analysis.contended_times import marked
from model_lab.analysis.links import slug
from model_lab.analysis.overview import cell
from model_lab.analysis.schema import STATUS_SIGNS, STATUS_WORDS, DatasetTable, ResultRow

TEMPLATES = Path(__file__).parent / "templates"
_AXIS = 160.0


def html(template: str, run: str, title: str, root: str = "", stem: str = "", **context: Any) -> str:
    """A page of the report of ``run``.

    ``root`` leads from the page to the report's folder ("" or "../" for each step), ``stem`` to its Markdown and JSON files, without suffix.
    """
    return _environment().get_template(template).render(run=run, title=title, root=root, stem=stem, **context)


def assets() -> dict[str, str]:
    """The files that every page uses, by name."""
    return {
        "style.css": "".join((TEMPLATES / name).read_text("utf-8") for name in ("palette.css", "style.css", "samples.css")),
        "script.js": (TEMPLATES / "script.js").read_text("utf-8"),
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(
        units=units, words=phrasing, marked=marked, axis=Axis, signs=STATUS_SIGNS, status_words=STATUS_WORDS, cell=cell
    )
    environment.filters["breakable"] = lambda name: escape(units.one_line(name)).replace("_", Markup("_<wbr>"))
    environment.filters["spaced"] = lambda name: name.replace("_", " ")
    environment.filters["line"] = lambda text: units.one_line(str(text))
    environment.filters["slug"] = slug
    environment.tests["scored"] = lambda row, table: table.score(row) is not None
    environment.tests["tree"] = lambda value: isinstance(value, (dict, list)) and bool(value)
    return environment


@dataclass(frozen=True)
class Axis:
    """The common scale on which a table draws its values and intervals, in SVG units 0..160."""

    low: float
    high: float

    @classmethod
    def of(cls, table: DatasetTable) -> Axis | None:
        """The span of all values and intervals of the table; None if fewer than two rows have a value."""
        scores = [score for row in table.rows if (score := table.score(row))]
        numbers = [number for score in scores for number in (score.value, score.low, score.high) if number is not None]
        return cls(min(numbers), max(numbers)) if len(scores) > 1 and min(numbers) < max(numbers) else None

    def place(self, number: float) -> float:
        """Where ``number`` stands."""
        return round(4 + (number - self.low) / (self.high - self.low) * (_AXIS - 8), 1)

    def mark(self, table: DatasetTable, row: ResultRow) -> dict[str, Any] | None:
        """Places of the row's value and interval ends; None without a value."""
        score = table.score(row)
        if score is None or score.value is None:
            return None
        value = self.place(score.value)
        low = value if score.low is None else self.place(score.low)
        high = value if score.high is None else self.place(score.high)
        return {"value": value, "low": low, "high": high}

"""A report as files: ``index.html`` (one file, no network), its Markdown twin and its JSON twin."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from model_lab.files import write_text
from model_lab.reports import units, words
from model_lab.reports.overview import cell, leaders, matrix, totals
from model_lab.reports.pages import markdown
from model_lab.reports.schema import STATUS_SIGNS, STATUS_WORDS, Report, Row, Table
from model_lab.results.store import RunFolder

_TEMPLATES = Path(__file__).parent / "templates"
_AXIS = 160.0


def write_report(said: Report, folder: RunFolder) -> Path:
    """Write ``report/index.html``, ``.md`` and ``.json`` into the run folder; returns the path of the HTML file.

    Raises `StoreError` if they cannot be written.
    """
    place = folder.path / "report"
    write_text(place / "index.json", said.model_dump_json(indent=1) + "\n")
    write_text(place / "index.md", markdown(said))
    write_text(place / "index.html", html(said))
    return place / "index.html"


def html(said: Report) -> str:
    """The report as one HTML file with its style and script inside. Everything that came from data is escaped."""
    script = (_TEMPLATES / "sort.js").read_text("utf-8")
    return (
        _environment()
        .get_template("index.html")
        .render(
            report=said,
            style=(_TEMPLATES / "style.css").read_text("utf-8"),
            script=script,
            script_hash="sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            totals=totals(said),
            leaders=leaders(said),
            matrix=matrix(said),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(units=units, words=words, axis=Axis, signs=STATUS_SIGNS, status_words=STATUS_WORDS, cell=cell)
    environment.filters["breakable"] = lambda name: escape(units.one_line(name)).replace("_", Markup("_<wbr>"))
    environment.filters["spaced"] = lambda name: name.replace("_", " ")
    environment.filters["line"] = lambda text: units.one_line(str(text))
    environment.tests["scored"] = lambda row, table: table.score(row) is not None
    environment.tests["tree"] = lambda value: isinstance(value, (dict, list)) and bool(value)
    return environment


@dataclass(frozen=True)
class Axis:
    """The common scale on which a table draws its values and intervals, in SVG units 0..160."""

    low: float
    high: float

    @classmethod
    def of(cls, table: Table) -> Axis | None:
        """The span of all values and intervals of the table; None if fewer than two rows have a value."""
        scores = [score for row in table.rows if (score := table.score(row))]
        numbers = [number for score in scores for number in (score.value, score.low, score.high) if number is not None]
        return cls(min(numbers), max(numbers)) if len(scores) > 1 and min(numbers) < max(numbers) else None

    def place(self, number: float) -> float:
        """Where ``number`` stands."""
        return round(4 + (number - self.low) / (self.high - self.low) * (_AXIS - 8), 1)

    def mark(self, table: Table, row: Row) -> dict[str, Any] | None:
        """Places of the row's value and interval ends; None without a value."""
        score = table.score(row)
        if score is None or score.value is None:
            return None
        value = self.place(score.value)
        low = value if score.low is None else self.place(score.low)
        high = value if score.high is None else self.place(score.high)
        return {"value": value, "low": low, "high": high}

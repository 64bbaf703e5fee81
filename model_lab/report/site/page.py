"""A page of the report, before it is HTML, Markdown or JSON: sections of sentences, tables and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from model_lab.analysis.schema import Scorecard
from model_lab.analysis.table_cells import Shown, Value, as_value


@dataclass(frozen=True)
class Grid:
    """A table that sorts and filters; all ``rows`` have the same headings."""

    caption: str
    rows: tuple[Shown, ...]

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings, as the first row has them."""
        return tuple(self.rows[0]) if self.rows else ()

    @cached_property
    def cells(self) -> list[list[Value]]:
        """Row by row."""
        return [[as_value(row[heading]) for heading in self.headings] for row in self.rows]

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The places of the columns that hold numbers, to be set flush right."""
        places = range(len(self.headings))
        return tuple(place for place in places if any(isinstance(row[place].value, (int, float)) for row in self.cells))


@dataclass(frozen=True)
class Picture:
    """An SVG file of the report: its path, the drawing, and its caption."""

    path: str
    svg: str
    caption: str


@dataclass(frozen=True)
class PageSection:
    """A heading and the content below it; ``facts`` is a nested dict shown as a tree."""

    title: str
    text: tuple[Value | str, ...] = ()
    grids: tuple[Grid, ...] = ()
    pictures: tuple[Picture, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    code: str = ""

    @property
    def sentences(self) -> list[Value]:
        """``text`` as cells."""
        return [as_value(sentence) for sentence in self.text]


@dataclass(frozen=True)
class Page:
    """``path``: relative to the report, without ``.html``. Links in its cells are relative to the report as well."""

    path: str
    title: str
    lead: str = ""
    sections: tuple[PageSection, ...] = ()
    scorecard: Scorecard | None = None

    @property
    def root(self) -> str:
        """From the page's folder to the report's: ``""`` or ``"../"`` for every step."""
        return "../" * self.path.count("/")


def put(path: Path, text: str) -> None:
    """Write a file of a report that is not in its place yet: it is the whole folder that appears at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", errors="replace")

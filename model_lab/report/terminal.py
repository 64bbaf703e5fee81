"""Scorecards in the terminal: as many columns as the width allows, the most telling ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from model_lab import units
from model_lab.analysis import phrasing, robustness
from model_lab.analysis.contended_times import marked
from model_lab.analysis.schema import DatasetTable, MetricColumn, ResultRow, Robustness, Scorecard
from model_lab.report.terminal_text import as_is

_GAP = 3

Line = TypeVar("Line", ResultRow, Robustness)


@dataclass(frozen=True)
class _Field(Generic[Line]):
    """A column: its heading, what it shows of a row, and its turn when there is not room for all."""

    heading: str
    show: Callable[[Line], str]
    turn: int
    left: bool = False

    def width(self, rows: Iterable[Line]) -> int:
        return max(cell_len(self.heading), *(cell_len(self.show(row)) for row in rows))


def scorecard(card: Scorecard, width: int) -> RenderableType:
    """A scorecard for a terminal of ``width`` columns."""
    parts: list[RenderableType] = [as_is(f"{card.title}  {card.question}", "bold")]
    for table in card.tables:
        parts += [
            as_is(phrasing.provenance(table.data)),
            _table(table, width),
            *_below(table),
            *_robustness(table, width),
            Text(),
        ]
    return Group(*parts)


def show(cards: Iterable[Scorecard], console: Console) -> None:
    """Print scorecards as wide as ``console`` is."""
    for card in cards:
        console.print(scorecard(card, console.width))


def _table(table: DatasetTable, width: int) -> RichTable:
    shown = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, width=None)
    fields = _fitting(_fields(table), table.rows, width)
    for field in fields:
        shown.add_column(as_is(field.heading), justify="left" if field.left else "right", overflow="fold", no_wrap=field.turn > 0)
    for row in table.rows:
        style = "dim" if row.is_reference else "" if row.status == "complete" else "yellow"
        shown.add_row(*(as_is(field.show(row)) for field in fields), style=style)
    return shown


def _fitting(fields: list[_Field[Line]], rows: tuple[Line, ...], width: int) -> list[_Field[Line]]:
    """The fields that fit, in reading order; those of turn 0 always stay."""
    left = width + _GAP
    kept = set()
    for field in sorted(fields, key=lambda field: field.turn):
        left -= field.width(rows) + _GAP
        if field.turn > 0 and left < 0:
            break
        kept.add(field.heading)
    return [field for field in fields if field.heading in kept]


def _fields(table: DatasetTable) -> list[_Field[ResultRow]]:
    first, *others = table.columns
    return [
        _Field("#", phrasing.rank, 0),
        _Field("model", phrasing.named, 0, left=True),
        _Field(phrasing.heading(first), lambda row: _with_interval(table, row), 0, left=True),
        _Field("n", lambda row: phrasing.counted(table, row), 1),
        *(_Field(phrasing.heading(column), _shown(column), 7 + place) for place, column in enumerate(others)),
        _Field("RTF", lambda row: marked(units.factor(row.speed.real_time_factor), row.speed), 2),
        _Field("p50", lambda row: marked(units.seconds(row.speed.latency_p50_s), row.speed), 5),
        _Field("p95", lambda row: marked(units.seconds(row.speed.latency_p95_s), row.speed), 6),
        _Field("cold", lambda row: marked(units.seconds(row.speed.cold_start_s), row.speed), 7),
        _Field("memory", lambda row: units.megabytes(row.speed.peak_memory_mb), 3),
        _Field("failed", lambda row: units.count(row.n_failed), 4),
        _Field("licence", lambda row: ", ".join(row.marks) or row.licence, 7 + len(others), left=True),
    ]


def _with_interval(table: DatasetTable, row: ResultRow) -> str:
    return f"{phrasing.primary(table, row)} {phrasing.primary_interval(table, row)}".strip()


def _shown(column: MetricColumn) -> Callable[[ResultRow], str]:
    return lambda row: units.amount(row.scores[column.name].value, column.unit) if column.name in row.scores else units.MISSING


def _below(table: DatasetTable) -> Iterable[RenderableType]:
    """Why rows are incomplete, and what to bear in mind."""
    for line in (*table.caveats, *phrasing.remarks(table, table.rows)):
        yield Padding(as_is(units.one_line(line), "dim"), (0, 0, 0, 2))


def _robustness(table: DatasetTable, width: int) -> Iterable[RenderableType]:
    """What is left of the primary metric under each perturbation."""
    if not table.robustness:
        return
    yield as_is(f"Robustness: {phrasing.heading(table.primary)} on perturbed sound (* significant change)")
    shown = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, width=None)
    fields = _fitting(_robustness_fields(table.primary.unit), table.robustness, width)
    for field in fields:
        shown.add_column(as_is(field.heading), justify="left" if field.left else "right", overflow="fold", no_wrap=field.turn > 0)
    for row in table.robustness:
        shown.add_row(*(as_is(field.show(row)) for field in fields), style="" if row.change is not None else "yellow")
    yield shown
    for line in robustness.remarks(table.robustness):
        yield Padding(as_is(units.one_line(line), "dim"), (0, 0, 0, 2))


def _robustness_fields(unit: str) -> list[_Field[Robustness]]:
    return [
        _Field("model", lambda row: row.model, 0, left=True),
        _Field("under", lambda row: row.perturbation, 0, left=True),
        _Field("clean", lambda row: units.amount(row.clean, unit), 3),
        _Field("perturbed", lambda row: units.amount(row.perturbed, unit), 1),
        _Field("change", lambda row: robustness.change(row, unit), 0, left=True),
        _Field("retained", robustness.retained, 2, left=True),
        _Field("p (Holm)", robustness.chance, 5),
        _Field("n", lambda row: units.count(row.n_common), 4),
    ]

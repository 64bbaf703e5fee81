"""A run at a glance: how much was asked, who leads, and which model did what."""

from __future__ import annotations

from dataclasses import dataclass

from model_lab.analysis.schema import DatasetTable, Report, ResultRow, Scorecard, Status

_WORST_FIRST: tuple[Status, ...] = ("failed", "partial", "not_run", "not_scored", "complete")


@dataclass(frozen=True)
class Leader:
    """The best model of a table and those that are not significantly worse."""

    section: int
    card: Scorecard
    table: DatasetTable
    rows: tuple[ResultRow, ...]


@dataclass(frozen=True)
class Matrix:
    """Models against capabilities; a pair that was not asked is missing from ``cells``."""

    models: tuple[ResultRow, ...]
    capabilities: tuple[Scorecard, ...]
    cells: dict[tuple[str, str], Status]


def totals(report: Report) -> dict[str, int]:
    """How many models, capabilities, datasets, answers and failures there are."""
    tables = [table for card in report.scorecards for table in card.tables]
    rows = [row for table in tables for row in table.rows if row.is_asked]
    return {
        "models": len({row.model for row in rows}),
        "capabilities": len(report.scorecards),
        "datasets": len({table.data.name for table in tables}),
        "answers": sum(row.n_ok or 0 for row in rows),
        "failed answers": sum(row.n_failed or 0 for row in rows),
    }


def leaders(report: Report) -> tuple[Leader, ...]:
    """Who leads every table."""
    return tuple(
        Leader(section, card, table, tuple(row for row in table.rows if row.rank == 1))
        for section, card in enumerate(report.scorecards, 1)
        for table in card.tables
    )


def matrix(report: Report) -> Matrix:
    """Every model that was asked, yardsticks last, with the worst status it had in each capability."""
    models: dict[str, ResultRow] = {}
    seen: dict[tuple[str, str], set[Status]] = {}
    for card in report.scorecards:
        for table in card.tables:
            for row in (row for row in table.rows if row.is_asked):
                models.setdefault(row.model, row)
                seen.setdefault((row.model, card.capability), set()).add(row.status)
    cells = {pair: min(statuses, key=_WORST_FIRST.index) for pair, statuses in seen.items()}
    order = sorted(models, key=lambda name: (models[name].is_reference, name))
    return Matrix(tuple(models[name] for name in order), report.scorecards, cells)


def cell(found: Matrix, model: ResultRow, card: Scorecard) -> Status | None:
    """The status of a pair; None if it was not asked."""
    return found.cells.get((model.model, card.capability))

"""A summary of a run: its size, the leading models, and the status of each model by capability."""

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
    """Status by model and capability; pairs that were not evaluated are missing from ``cells``."""

    models: tuple[ResultRow, ...]
    capabilities: tuple[Scorecard, ...]
    cells: dict[tuple[str, str], Status]


def totals(report: Report) -> dict[str, int]:
    """The numbers of models, capabilities, datasets, answers and failures."""
    tables = [table for card in report.scorecards for table in card.tables]
    rows = [row for table in tables for row in table.rows if row.is_model]
    return {
        "models": len({row.model for row in rows}),
        "capabilities": len(report.scorecards),
        "datasets": len({table.data.name for table in tables}),
        "answers": sum(row.n_ok or 0 for row in rows),
        "failed answers": sum(row.n_failed or 0 for row in rows),
    }


def leaders(report: Report) -> tuple[Leader, ...]:
    """The leading models of every table."""
    return tuple(
        Leader(section, card, table, tuple(row for row in table.rows if row.rank == 1))
        for section, card in enumerate(report.scorecards, 1)
        for table in card.tables
    )


def matrix(report: Report) -> Matrix:
    """Every evaluated model, baselines and oracles last, with its worst status in each capability."""
    models: dict[str, ResultRow] = {}
    seen: dict[tuple[str, str], set[Status]] = {}
    for card in report.scorecards:
        for table in card.tables:
            for row in (row for row in table.rows if row.is_model):
                models.setdefault(row.model, row)
                seen.setdefault((row.model, card.capability), set()).add(row.status)
    cells = {pair: min(statuses, key=_WORST_FIRST.index) for pair, statuses in seen.items()}
    order = sorted(models, key=lambda name: (models[name].is_reference, name))
    return Matrix(tuple(models[name] for name in order), report.scorecards, cells)


def cell(overview: Matrix, model: ResultRow, card: Scorecard) -> Status | None:
    """The status of a model in a capability; None if it was not evaluated."""
    return overview.cells.get((model.model, card.capability))

"""The evidence page: what was evaluated, in which revision, on which machine, and the commands that reproduce it."""

from __future__ import annotations

from collections.abc import Iterator

from model_lab import units
from model_lab.analysis.links import to_dataset, to_model
from model_lab.analysis.schema import STATUS_WORDS, DatasetTable, Report, ResultRow, Scorecard
from model_lab.analysis.table_cells import Shown, Value
from model_lab.report.site.page import Grid, Page, PageSection


def evidence(report: Report) -> Page:
    """The page of a run's evidence."""
    rows = [_spec_row(card, table, row) for card in report.scorecards for table in card.tables for row in _rows(table)]
    return Page(
        path="evidence",
        title="Evidence",
        lead="Every number of this report comes from these answers.",
        sections=(
            PageSection(
                "Reproduce this run",
                text=() if report.commands else ("The manifest does not record the commands of this run.",),
                code="\n".join(report.commands),
            ),
            PageSection("What was evaluated", grids=(Grid("Every model on every dataset", tuple(rows)),)),
            *([PageSection("Where it ran", facts=report.environment)] if report.environment else []),
        ),
    )


def _rows(table: DatasetTable) -> Iterator[ResultRow]:
    return (row for row in table.rows if row.spec and row.is_model)


def _spec_row(card: Scorecard, table: DatasetTable, row: ResultRow) -> Shown:
    assert row.spec is not None
    return {
        "model": to_model(row.model),
        "dataset": to_dataset(card.capability, table.data.name),
        "status": STATUS_WORDS[row.status],
        "tier": row.tier,
        "samples": Value(units.count(row.n_samples), row.n_samples),
        "ok": Value(units.count(row.n_ok), row.n_ok),
        "failed": Value(units.count(row.n_failed), row.n_failed),
        "device": row.spec.device,
        "options": ", ".join(f"{key}={value}" for key, value in row.spec.options.items()),
        "model revision": row.spec.model_revision,
        "data revision": row.spec.dataset_revision,
        "key": row.spec.key,
    }

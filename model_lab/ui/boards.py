"""Leaderboards: a run's tables, filtered by what a user may run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from model_lab.analysis.schema import DatasetTable, Report, ResultRow, Scorecard
from model_lab.contract import Permitted
from model_lab.errors import BadConfig, StoreError, UnknownName, nearest
from model_lab.registry import model_cards
from model_lab.report import render
from model_lab.report.site.page import put
from model_lab.results.store import RunFolder, run_folder
from model_lab.schemas import parse
from model_lab.ui.server_context import RUNS, ServerContext


@dataclass(frozen=True)
class ModelFilter:
    """Requirements on a model: licence, measured memory (GB), weights that come with packages and not from the hub, language."""

    permitted: Permitted = "any"
    memory_gb: float | None = None
    without_hub: bool = False
    language: str = ""

    def covers(self, row: ResultRow) -> bool:
        """Whether the row is kept; the row of the untouched input always is.

        A model that is no longer registered, or whose memory is unknown, does not pass a filter that needs that value.
        """
        if not row.is_model:
            return True
        card = next(
            (card for card in model_cards.cards({row.model: row.spec.options} if row.spec else {}) if card.name == row.model),
            None,
        )
        memory = row.speed.peak_memory_mb
        return (
            (self.permitted == "any" or (card is not None and card.licence.allows(self.permitted)))
            and (self.memory_gb is None or (memory is not None and memory <= 1000 * self.memory_gb))
            and (not self.without_hub or (card is not None and card.weights.kind != "hub"))
            and (not self.language or (card is not None and card.understands([self.language])))
        )


def stored(folder: RunFolder) -> Report:
    """The report of a run as it was last written. Raises `StoreError` if there is none, or if answers were scored after it."""
    path = folder.path / "report" / "index.json"
    next_command = f"write it with the button, or run: model-lab report {folder.name}"
    if not path.is_file():
        raise StoreError(f"the run {folder.name} has no report yet; {next_command}")
    try:
        report = parse(Report, json.loads(path.read_text("utf-8")), path)
    except (ValueError, BadConfig):
        raise StoreError(f"the report of the run {folder.name} was written by another version; {next_command}") from None
    if report.scores_digest != folder.scores_digest():
        raise StoreError(f"the report of the run {folder.name} does not match its present scores; {next_command}")
    return report


def scorecard(context: ServerContext, run: str, capability: str) -> Scorecard:
    """A capability's tables in a run. Raises `UnknownName` for a capability that the run does not have."""
    cards = {card.capability: card for card in stored(run_folder(context.runs, run)).scorecards}
    if capability not in cards:
        raise UnknownName(f"the run {run} has no {capability!r}{nearest(capability, cards)}; it has: {', '.join(cards)}")
    return cards[capability]


def narrowed(card: Scorecard, model_filter: ModelFilter) -> tuple[Scorecard, int]:
    """The scorecard with the rows that ``model_filter`` covers, and the number of rows left out. Ranks are still those among all models of the run."""
    tables = tuple(_narrowed(table, model_filter) for table in card.tables)
    left_out = sum(len(table.rows) for table in card.tables) - sum(len(table.rows) for table in tables)
    return card.model_copy(update={"tables": tables}), left_out


def _narrowed(table: DatasetTable, model_filter: ModelFilter) -> DatasetTable:
    rows = tuple(row for row in table.rows if model_filter.covers(row))
    kept = {row.model for row in rows}
    return table.model_copy(
        update={
            "rows": rows,
            "differences": tuple(pair for pair in table.differences if {pair.better, pair.worse} <= kept),
            "robustness": tuple(row for row in table.robustness if row.model in kept),
        }
    )


def page(context: ServerContext, run: str, capability: str, model_filter: ModelFilter) -> Path:
    """Write a page with a capability's tables, filtered by ``model_filter``; returns its path."""
    card, left_out = narrowed(scorecard(context, run, capability), model_filter)
    path = context.fresh("boards") / "index.html"
    put(path, render.html("board.html", run, card.title, report_address(run), card=card, left_out=left_out))
    return path


def report_address(run: str) -> str:
    """Where the server shows the report of a run."""
    return f"{RUNS}/{quote(run)}/report/"

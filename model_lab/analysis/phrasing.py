"""Sentences and table texts shared by the terminal, the site and the Markdown report."""

from __future__ import annotations

from collections.abc import Iterable

from model_lab import units
from model_lab.analysis.schema import STATUS_WORDS, DatasetInfo, DatasetTable, MetricColumn, ResultRow, Status
from model_lab.datasets.card import Author
from model_lab.results.schema import Score

_ANNOTATION = {
    "human": "annotated by people",
    "construction": "exact reference, real recordings combined by a recipe",
    "synthetic": "fully synthetic",
    "weak": "weak labels",
    "unknown": "annotation of unknown origin",
}

_AUTHORS: dict[Author, str] = {
    "project": "test written by this project",
    "publisher": "test by the publisher of the data",
    "third-party": "test by a third party",
    "unknown": "author of the test unknown",
}


def provenance(data: DatasetInfo) -> str:
    """The dataset of a table in one line."""
    title = units.one_line(data.title)
    return f"{title if title == data.name else f'{title} ({data.name})'} · {facts(data)}"


def facts(data: DatasetInfo) -> str:
    """How the reference was made and by whom, the amount of data, and the licence."""
    sizes = [f"{units.count(data.n_samples)} samples"] if data.n_samples is not None else []
    grouped = [clusters(data.n_groups, data)] if data.n_groups is not None else []
    return " · ".join([origin(data), *sizes, *grouped, f"licence {units.one_line(data.licence)}"])


def origin(data: DatasetInfo) -> str:
    """How the reference was made, and who wrote the test."""
    return f"{_ANNOTATION.get(data.truth, data.truth)} · {_AUTHORS[data.author]}"


def clusters(number: int, data: DatasetInfo) -> str:
    """The number and kind of the clusters that the bootstrap draws from, where known."""
    if data.clusters == "unknown":
        return "clusters unknown"
    return f"{units.count(number)} clusters ({units.one_line(data.group)})"


def heading(column: MetricColumn) -> str:
    """The name of a metric with its direction."""
    return f"{column.name} {units.arrow(column.higher_is_better)}".strip()


def explained(column: MetricColumn) -> str:
    """A metric in one sentence: title, direction, judge model and source."""
    judged = f"; judged by {column.judge}" if column.judge else ""
    source = f"; {column.source}" if column.source else ""
    return f"{column.title}; {units.direction(column.higher_is_better)}{judged}{source}"


def primary(table: DatasetTable, row: ResultRow) -> str:
    """The primary value of the row, or the reason there is none."""
    score = table.score(row)
    if score is not None:
        return units.amount(score.value, table.primary.unit)
    return "no score" if row.status in ("complete", "partial") else STATUS_WORDS[row.status]


def primary_interval(table: DatasetTable, row: ResultRow) -> str:
    """The 95 % interval of the primary value of the row; empty if there is none."""
    score = table.score(row)
    return units.interval(score.low, score.high, table.primary.unit) if score else ""


def counted(table: DatasetTable, row: ResultRow) -> str:
    """The number of samples behind the primary value: "23", or "23 of 25" where some could not be scored.

    Samples on which the metric is not applicable are not counted.
    """
    score = row.scores.get(table.primary.name)
    return units.MISSING if score is None else scored(score)


def scored(score: Score) -> str:
    """The number of samples behind a value, and of how many."""
    total = score.n_scored + score.n_unscored
    return units.count(total) if score.n_unscored == 0 else f"{units.count(score.n_scored)} of {units.count(total)}"


def named(row: ResultRow) -> str:
    """The name of the model, with its kind for baselines and oracles."""
    if not row.is_model:
        return row.title
    return f"{row.model} ({row.kind})" if row.is_reference else row.model


def rank(row: ResultRow) -> str:
    """The rank of the row; empty where it has none."""
    return "" if row.rank is None else str(row.rank)


def why(table: DatasetTable, row: ResultRow) -> str:
    """The reasons why a row is incomplete or has no score, rank or interval; empty if nothing is missing."""
    score = row.scores.get(table.primary.name)
    note = score.note if score and (row.n_ok or not row.reason) else ""
    return units.one_line("; ".join(part for part in (row.reason, row.unranked, note, *_besides(table, row)) if part))


def _besides(table: DatasetTable, row: ResultRow) -> Iterable[str]:
    """The metrics computed on other samples than the primary one, with their n, and with their values where that has none."""
    first = row.scores.get(table.primary.name)
    for column in table.columns[1:]:
        score = row.scores.get(column.name)
        if first is None or score is None or score.value is None:
            continue
        if first.value is None:
            yield f"{column.name} {units.amount(score.value, column.unit)} (n {scored(score)})"
        elif scored(score) != scored(first):
            yield f"{column.name} (n {scored(score)})"


def remarks(table: DatasetTable, rows: Iterable[ResultRow]) -> list[str]:
    """The reasons why rows are incomplete, one sentence per reason; "all" means all rows with a score."""
    with_score = {row.model for row in table.rows if table.score(row)}
    shared: dict[tuple[Status, str], list[str]] = {}
    for row in rows:
        if reason := why(table, row):
            shared.setdefault((row.status, reason), []).append(row.model)
    return [
        f"{'all' if with_score == set(models) else ', '.join(models)}{'' if status == 'complete' else ' ' + STATUS_WORDS[status]}: {reason}"
        for (status, reason), models in shared.items()
    ]


def value(row: ResultRow, column: MetricColumn) -> str:
    """The value of any metric in the row."""
    return units.amount(row.scores[column.name].value, column.unit) if column.name in row.scores else units.MISSING

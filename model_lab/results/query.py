"""SQL over run folders, with DuckDB.

    results(run, model, dataset, capability, perturbation, repeat, metric, value, low, high, n, n_unscored, n_groups,
            status, reason, tier, device)
    answers(run, model, dataset, capability, perturbation, repeat, sample_id, cluster, status, cold, latency_s, cpu_s, waited_s, others_s,
            duration_s, error)
    unread(run, folder, reason)

A run without scores on a dataset is a row of ``results`` without a metric; a folder that could not be read is a row of ``unread``.
``perturbation`` is empty for unperturbed audio: ``where perturbation = ''`` leaves out everything under a condition.
``repeat`` is 0 for the first run, and 1, 2, ... for further runs with other seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_lab.errors import ModelLabError
from model_lab.results.schema import Run, Score
from model_lab.results.store import ResultCell, RunFolder, run_folders

if TYPE_CHECKING:
    import duckdb

Row = tuple[Any, ...]

_CELL = "run VARCHAR, model VARCHAR, dataset VARCHAR, capability VARCHAR, perturbation VARCHAR, repeat BIGINT"
_TABLES = {
    "results": f"{_CELL}, metric VARCHAR, value DOUBLE, low DOUBLE, high DOUBLE, n BIGINT, n_unscored BIGINT, n_groups BIGINT, "
    "status VARCHAR, reason VARCHAR, tier VARCHAR, device VARCHAR",
    "answers": f"{_CELL}, sample_id VARCHAR, cluster VARCHAR, status VARCHAR, cold BOOLEAN, latency_s DOUBLE, cpu_s DOUBLE, "
    "waited_s DOUBLE, others_s DOUBLE, duration_s DOUBLE, error VARCHAR",
    "unread": "run VARCHAR, folder VARCHAR, reason VARCHAR",
}


def connect(runs: str | Path) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with the present contents of the run folders in ``runs``; empty tables if there are none."""
    import duckdb

    rows: dict[str, list[Row]] = {table: [] for table in _TABLES}
    for run in run_folders(Path(runs)):
        for cell in run.cells():
            try:
                _read(run, cell, rows)
            except (ModelLabError, OSError) as error:
                rows["unread"].append((run.name, str(cell.folder), str(error)))
    connection = duckdb.connect()
    for table, columns in _TABLES.items():
        connection.execute(f"CREATE TABLE {table} ({columns})")
        if rows[table]:
            lists = [list(column) for column in zip(*rows[table], strict=True)]
            connection.execute(f"INSERT INTO {table} SELECT {', '.join(['unnest(?)'] * len(lists))}", lists)
    return connection


def _read(run: RunFolder, cell: ResultCell, rows: dict[str, list[Row]]) -> None:
    spec = cell.spec()
    names = (run.name, spec.model, spec.dataset, spec.capability, spec.perturbation, spec.repeat)
    outcome = cell.outcome()
    if outcome is None:
        rows["unread"].append((run.name, str(cell.folder), f"no scores by this version; run: model-lab score {run.name}"))
    else:
        rows["results"] += [(*names, *result) for result in _results(outcome)]
    latest = cell.latest()
    for question in cell.questions():
        if result := latest.get(question.id):
            taken = (result.latency_s, result.cpu_s, result.waited_s, result.others_s)
            columns = (result.status, result.cold, *taken, question.duration, result.error)
            rows["answers"].append((*names, question.id, question.group, *columns))


def _results(outcome: Run) -> Iterator[Row]:
    about = (outcome.status, outcome.reason, outcome.tier, outcome.spec.device)
    if not outcome.scores:
        yield (None, None, None, None, 0, outcome.n_samples, 0, *about)
    for score in outcome.scores:
        yield (*_numbers(score), *about)


def _numbers(score: Score) -> Row:
    return score.metric, score.value, score.low, score.high, score.n_scored, score.n_unscored, score.n_groups

"""A run's scores in the file formats of others: tables (CSV, Parquet), metadata of the Hugging Face hub, JUnit."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from model_lab import datasets, units
from model_lab.analysis.schema import STATUS_WORDS
from model_lab.analysis.scorecard import CellOutcome
from model_lab.capabilities import usable
from model_lab.formats import csv, parquet
from model_lab.formats import model_index as model_index_file
from model_lab.formats.junit import Case, junit
from model_lab.metrics._base import Metric
from model_lab.results.schema import UNTOUCHED, Run, Score
from model_lab.results.store import ResultCell, RunFolder

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation
    from huggingface_hub import EvalResult

File: TypeAlias = tuple[str, str | bytes]
"""A path relative to the export's folder, and what it holds."""

_TABLES: dict[str, Callable[[DuckDBPyRelation], bytes]] = {"csv": csv.write, "parquet": parquet.write}


def tables(run: RunFolder, form: str, models: Collection[str], data: Collection[str]) -> Iterator[File]:
    """The tables ``results`` and ``answers`` of `model_lab.results.query`, as ``csv`` or ``parquet``."""
    from model_lab.results.query import connect

    connection = connect(run.path.parent)
    where = "run = $run AND list_contains($models, model) AND list_contains($datasets, dataset)"
    parameters = {"run": run.name, "models": list(models), "datasets": list(data)}
    for table in ("results", "answers"):
        rows = connection.sql(f"SELECT * FROM {table} WHERE {where}", params=parameters)
        yield f"{table}.{form}", _TABLES[form](rows)


def model_index(entries: Iterable[CellOutcome]) -> Iterator[File]:
    """For each model the metadata block of a model card: every metric, with n and interval in its name and its arguments."""
    results: dict[str, list[EvalResult]] = {}
    for cell, outcome, score in _scored(entries):
        results.setdefault(cell.folder.parent.name, []).append(_eval_result(outcome, score))
    for model, of_model in results.items():
        yield f"{model}.yaml", model_index_file.write(model, of_model)


def _eval_result(outcome: Run, score: Score) -> EvalResult:
    from huggingface_hub import EvalResult

    spec, metric = outcome.spec, _metric(outcome, score)
    capability = usable(spec.capability)
    counted = {"n": score.n_scored, "n_unscored": score.n_unscored, "n_clusters": score.n_groups}
    return EvalResult(
        task_type=(capability and capability.hub_task) or spec.capability,
        task_name=capability.title if capability else None,
        dataset_type=spec.dataset,
        dataset_name=card.title if (card := datasets.usable(spec.dataset)) else spec.dataset,
        dataset_config=spec.perturbation or None,
        dataset_split=outcome.tier,
        dataset_revision=spec.dataset_revision,
        metric_type=score.metric,
        metric_value=score.value,
        metric_name=f"{metric.title if metric else score.metric} ({_support(score, metric)})",
        metric_args={
            "low": score.low,
            "high": score.high,
            "confidence": 0.95,
            **counted,
            "version": score.version,
            "scorer": score.scorer,
        },
    )


def eval_results(entries: Iterable[CellOutcome], date: str) -> Iterator[File]:
    """For each model on each dataset a file as a model's repository holds them in ``.eval_results``; a metric is a task.

    The dataset is called by its name here, where the hub expects the id of a benchmark; n and interval are in the notes.
    """
    from huggingface_hub import EvalResultEntry

    files: dict[str, list[EvalResultEntry]] = {}
    for cell, outcome, score in _scored(entries):
        spec, conditions = outcome.spec, [f"tier {outcome.tier}"] + [outcome.spec.perturbation] * bool(outcome.spec.perturbation)
        notes = ", ".join([_support(score, _metric(outcome, score)), *conditions])
        entry = EvalResultEntry(spec.dataset, score.metric, score.value, date=date or None, notes=notes)
        files.setdefault(f"{cell.folder.parent.name}/{cell.folder.name}.yaml", []).append(entry)
    for name, of_file in files.items():
        yield name, model_index_file.write_entries(of_file)


def run_junit(entries: Iterable[CellOutcome], run: str) -> Iterator[File]:
    """A test case for each model on each dataset: it fails if the model failed, or any answer of it."""
    yield "junit.xml", junit([_case(entry, run) for entry in _of_models(entries)], run)


def _case(entry: CellOutcome, run: str) -> Case:
    group, name, outcome = f"{entry.spec.capability}.{entry.spec.place}", entry.spec.model, entry.outcome
    if outcome is None:
        return Case(group, name, "failed", f"not scored; run: model-lab score {run}")
    if outcome.status == "not_run":
        return Case(group, name, "skipped", outcome.reason)
    if outcome.status == "complete" and not outcome.n_failed:
        return Case(group, name, "passed", _primary(outcome))
    errors = "; ".join(f"{error} ({count})" for error, count in outcome.failures.items())
    failed = f"{outcome.n_failed} of {outcome.n_samples} answers failed: {errors}" if outcome.n_failed else outcome.reason
    return Case(group, name, "failed", f"{STATUS_WORDS[outcome.status]}: {failed}")


def _primary(outcome: Run) -> str:
    """The metric that ranks as text."""
    if not outcome.scores:
        return "no score"
    capability = usable(outcome.spec.capability)
    first = datasets.ranking(capability, outcome.spec.dataset).primary.name if capability else ""
    score = next((score for score in outcome.scores if score.metric == first), outcome.scores[0])
    metric = _metric(outcome, score)
    return f"{score.metric} {units.amount(score.value, metric.unit if metric else '')} ({_support(score, metric)})"


def _of_models(entries: Iterable[CellOutcome]) -> Iterator[CellOutcome]:
    """The entries of models: the untouched input is none."""
    return (entry for entry in entries if entry.spec.model != UNTOUCHED)


def _scored(entries: Iterable[CellOutcome]) -> Iterator[tuple[ResultCell, Run, Score]]:
    """Every value of a model there is; those that are undefined or not numbers are left out."""
    for entry in _of_models(entries):
        for score in entry.outcome.scores if entry.outcome else ():
            if entry.outcome and score.value is not None and math.isfinite(score.value):
                yield entry.cell, entry.outcome, score


def _metric(outcome: Run, score: Score) -> Metric | None:
    """The metric, if it is still registered."""
    capability = usable(outcome.spec.capability)
    return next((metric for metric in capability.metrics if metric.name == score.metric), None) if capability else None


def _support(score: Score, metric: Metric | None) -> str:
    """What a value stands on: "n = 25, 95 % interval 3.1 % to 7.9 %"."""
    if score.low is None or score.high is None:
        return f"n = {score.n_scored}, no interval"
    low, high = (units.amount(end, metric.unit if metric else "") for end in (score.low, score.high))
    return f"n = {score.n_scored}, 95 % interval {low} to {high}"

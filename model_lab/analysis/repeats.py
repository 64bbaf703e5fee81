"""The score of a model that varies over several runs with other seeds: their mean, and an interval with the spread between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model_lab import units
from model_lab.metrics._base import Components, Metric, pool
from model_lab.metrics.statistics import Interval, interval, over_runs, resampled
from model_lab.results.schema import Run, Score
from model_lab.results.scoring import components
from model_lab.results.store import ResultCell


def combined(outcome: Run, cell: ResultCell, metrics: Sequence[Metric]) -> Run:
    """The outcome of a cell with each score as the mean over its runs; unchanged where it was not repeated.

    Only complete runs that were scored by the present versions of ``metrics`` count. Raises `BadConfig` for unreadable components.
    """
    repeats = [(each, cell_run) for each in cell.repeats() if (cell_run := each.outcome()) and cell_run.status == "complete"]
    if not repeats or outcome.status != "complete":
        return outcome
    lines = [components(each) for each in (cell, *(each for each, _ in repeats))]
    outcomes = [outcome, *(cell_run for _, cell_run in repeats)]
    by_name = {metric.name: metric for metric in metrics}
    scores = []
    for score in outcome.scores:
        metric = by_name.get(score.metric)
        same = [_of(run, score) for run in outcomes]
        values = [each.value for each in same if each is not None and each.value is not None]
        if metric is None or metric.version != score.version or len(values) < len(outcomes):
            scores.append(score)
            continue
        runs = [
            [(line.components[metric.name], line.group) for line in of_run if metric.name in line.components] for of_run in lines
        ]
        ends = _interval(metric, values, [[(part, group) for part, group in run if metric.counts(part)] for run in runs])
        scores.append(_mean(score, values, ends, metric))
    return outcome.model_copy(update={"scores": tuple(scores)})


def spread(values: Sequence[float], unit: str) -> str:
    """The spread between runs as a clause.

    >>> spread([0.10, 0.12, 0.11], "ratio")
    'mean of 3 runs with other seeds: standard deviation 1.0 points, 10.0 % to 12.0 %'
    """
    deviation = units.gap(float(np.std(values, ddof=1)), unit)
    ends = f"{units.amount(min(values), unit)} to {units.amount(max(values), unit)}"
    return f"mean of {len(values)} runs with other seeds: standard deviation {deviation}, {ends}"


def _of(run: Run, score: Score) -> Score | None:
    return next((each for each in run.scores if (each.metric, each.version) == (score.metric, score.version)), None)


def _mean(score: Score, values: Sequence[float], ends: Interval, metric: Metric) -> Score:
    value = float(np.mean(values))
    low, high = ends.low, ends.high
    if low is not None and high is not None:
        low, high = min(low, value), max(high, value)
    note = "; ".join(filter(None, [spread(values, metric.unit), score.note]))
    return score.model_copy(update={"value": value, "low": low, "high": high, "note": note, "run_values": tuple(values)})


def _interval(metric: Metric, values: Sequence[float], runs: Sequence[Sequence[tuple[Components, str]]]) -> Interval:
    """The interval of the mean; a run counts nothing on a cluster that it has no scored sample of."""
    clusters = sorted({group for run in runs for _, group in run})
    if len(clusters) < 2:
        return interval(np.empty(0), len(clusters))
    drawn = []
    for run in runs:
        by_cluster = {cluster: pool(part for part, group in run if group == cluster) for cluster in clusters}
        drawn.append(resampled(metric.value, list(by_cluster.values()), clusters))
    return interval(over_runs(drawn, values, len(clusters)), len(clusters))

"""Scores by slice: the primary metric on each value of a column, the largest gap between two values, and the worst one.

The clusters of the whole dataset are drawn (`metrics.statistics`), and every slice is computed on what it has of each draw. Slices that
share clusters, as one speaker under several noises, are therefore compared on the same draws. The number of clusters that an interval
reckons with is the slice's own; that of a gap is the smaller one of the two, or, where they share no cluster, by Welch and Satterthwaite.
A slice with fewer than `MIN_CLUSTERS` clusters is shown, and takes no part in the gap and in the worst value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from model_lab.analysis.slice_columns import NOT_STATED
from model_lab.metrics._base import Components, Metric, pool
from model_lab.metrics.statistics import (
    DRAWS,
    MIN_GROUPS_TO_COMPARE,
    Difference,
    Values,
    difference,
    family_interval,
    holm,
    interval,
    resampled,
    welch_groups,
)

MIN_CLUSTERS = MIN_GROUPS_TO_COMPARE
"""Slices with fewer clusters than this get no verdict."""

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Slice:
    """The metric on the samples with one value of the column. ``value`` is None, with a note, where the metric has none.

    ``n_samples``: number of samples that count for the metric; ``judged``: whether it takes part in the gap and in the worst value.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n_samples: int
    n_groups: int
    judged: bool
    note: str = ""


@dataclass(frozen=True)
class Gap:
    """The largest difference between two slices: ``difference`` is worst - best, in the metric's unit.

    ``low`` and ``high`` hold for all ``n_pairs`` pairs of slices together (Bonferroni), and ``p`` is corrected for them (Holm).
    """

    best: str
    worst: str
    difference: float
    low: float | None
    high: float | None
    p: float | None
    n_pairs: int
    significant: bool
    note: str = ""


@dataclass(frozen=True)
class Sliced:
    """A model's scores by one column. ``gap`` and ``worst`` (a name) are missing where fewer than two slices are judged."""

    column: str
    metric: str
    slices: tuple[Slice, ...]
    gap: Gap | None
    worst: str = ""
    note: str = ""


def sliced(
    column: str,
    names: Sequence[str],
    slice_of: Sequence[str],
    parts: Sequence[Components],
    groups: Sequence[str],
    metric: Metric,
    n_draws: int | None = None,
) -> Sliced:
    """Break a score down.

    Args:
        column: Name of the column.
        names: The slices, in the order to show them.
        slice_of: Slice of each sample.
        parts: Components of each sample.
        groups: Cluster of each sample.
        metric: The metric.
        n_draws: Number of bootstrap draws; None for `DRAWS`.

    Returns:
        One slice per name that has a sample which counts for the metric.
    """
    kept = [place for place, part in enumerate(parts) if metric.counts(part)]
    parts, groups, slice_of = (
        [parts[place] for place in kept],
        [groups[place] for place in kept],
        [slice_of[place] for place in kept],
    )
    value = _defined(metric)
    slices: dict[str, Slice] = {}
    draws: dict[str, Values] = {}
    clusters: dict[str, set[str]] = {}
    for name in names:
        inside = [part if of == name else {} for part, of in zip(parts, slice_of, strict=True)]
        clusters[name] = {group for group, of in zip(groups, slice_of, strict=True) if of == name}
        if not clusters[name]:
            continue
        drawn = resampled(value, inside, groups, n_draws or DRAWS) if len(clusters[name]) > 1 else np.empty(0)
        slices[name] = _slice(name, value(pool(inside)), drawn, slice_of.count(name), len(clusters[name]), metric)
        draws[name] = drawn
    judged = [name for name, each in slices.items() if each.judged]
    gap = _gap({name: _value(slices[name]) for name in judged}, draws, clusters, metric)
    return Sliced(
        column,
        metric.name,
        tuple(slices.values()),
        gap,
        worst=gap.worst if gap else "",
        note="" if gap else f"no verdict: fewer than two slices have at least {MIN_CLUSTERS} clusters and a value",
    )


def _defined(metric: Metric) -> Any:
    """The metric's value, NaN where there is nothing to count, as in a draw without a cluster of the slice."""

    def value(pooled: Mapping[str, Any]) -> float:
        return float(metric.value(pooled)) if pooled and metric.counts(pooled) else math.nan

    return value


def _value(of: Slice) -> float:
    assert of.value is not None
    return of.value


def _slice(name: str, value: float, drawn: Values, n_samples: int, n_groups: int, metric: Metric) -> Slice:
    if not math.isfinite(value):
        return Slice(name, None, None, None, n_samples, n_groups, False, f"{metric.name} is not defined on these samples")
    ends = interval(drawn, n_groups)
    low, high = ends.low, ends.high
    if low is not None and high is not None:
        low, high = min(low, value), max(high, value)
    judged = n_groups >= MIN_CLUSTERS and name != NOT_STATED and low is not None
    few = f"no verdict: {n_groups} of the {MIN_CLUSTERS} clusters that one needs" if n_groups < MIN_CLUSTERS else ""
    return Slice(name, value, low, high, n_samples, n_groups, judged, few or ends.note)


def _gap(
    values: Mapping[str, float], draws: Mapping[str, Values], clusters: Mapping[str, set[str]], metric: Metric
) -> Gap | None:
    """The gap between the best and the worst slice, corrected for all pairs."""
    if len(values) < 2:
        return None
    order = sorted(values, key=lambda name: -values[name] if metric.higher_is_better else values[name])
    measured = {
        (best, worst): _difference(values[worst] - values[best], draws[worst], draws[best], clusters[worst], clusters[best])
        for best, worst in combinations(order, 2)
    }
    tested = {pair: of.p for pair, of in measured.items() if of.p is not None}
    corrected = dict(zip(tested, holm(list(tested.values())), strict=True))
    extremes = (order[0], order[-1])
    largest, p = measured[extremes], corrected.get(extremes)
    low, high = family_interval(largest, len(measured))
    return Gap(*extremes, largest.difference, low, high, p, len(measured), p is not None and p < SIGNIFICANT, largest.note)


def _difference(observed: float, first: Values, second: Values, clusters: set[str], others: set[str]) -> Difference:
    sizes = (len(clusters), len(others))
    n_groups = min(sizes) if clusters & others else welch_groups([first, second], sizes)
    return difference(observed, first - second, n_groups)

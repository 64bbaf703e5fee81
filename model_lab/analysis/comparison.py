"""Compares several systems on one dataset: paired differences, Holm correction, ranks in groups.

Reads the stored scores; neither models nor audio are needed. All systems are compared on the same samples: those on which every
compared system was scored. A system scored on less than half as many samples as the most complete one is listed but not compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from model_lab import datasets
from model_lab.capabilities import capability
from model_lab.errors import BadConfig, StoreError, nearest
from model_lab.metrics._base import Components, Metric, pool
from model_lab.metrics.statistics import (
    Difference,
    Values,
    difference,
    holm,
    over_runs,
    rank_groups,
    resampled,
)
from model_lab.results.schema import Run, RunSpec
from model_lab.results.scoring import SampleComponents, components
from model_lab.results.store import ResultCell

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class RankedSystem:
    """The rank of a system and its value on the common samples, both None with a note if it is not compared.

    ``n_scored``: number of samples it was scored on, common or not.
    """

    system: str
    rank: int | None
    value: float | None
    n_scored: int
    note: str = ""


@dataclass(frozen=True)
class Pair:
    """Two compared systems on ``n_common`` samples: ``measured`` is better - worse in the metric's unit; ``p`` is corrected over all pairs (Holm)."""

    better: str
    worse: str
    measured: Difference
    p: float | None
    significant: bool
    n_common: int


@dataclass(frozen=True)
class Comparison:
    """Standings, best first and systems that are not compared last, and every pair of compared systems on the ``n_common`` samples.

    Of an adaptive run, ``n_common`` and ``n_groups`` are the largest of any pair, and ``note`` says how its p values were made.
    """

    metric: str
    n_common: int
    n_groups: int
    standings: tuple[RankedSystem, ...]
    pairs: tuple[Pair, ...]
    note: str = ""


@dataclass(frozen=True)
class Scored:
    """The stored scores of a system on one dataset: all that a comparison reads. ``repeats``: its further runs with other seeds."""

    spec: RunSpec
    outcome: Run | None
    samples: tuple[SampleComponents, ...]
    repeats: tuple[Scored, ...] = ()

    @classmethod
    def of(cls, cell: ResultCell) -> Scored:
        """Read the scores of a cell. Raises `StoreError` if it is incomplete."""
        outcome = cell.outcome()
        repeats = tuple(each for each in map(cls.of, cell.repeats()) if each.outcome and each.outcome.status == "complete")
        return cls(cell.spec(), outcome, tuple(components(cell)) if outcome else (), repeats)


@dataclass(frozen=True)
class _CellComponents:
    """The components of one metric in a cell, by sample; ``note`` is the reason why the cell cannot be compared.

    ``repeats``: those of its further runs.
    """

    samples: dict[str, SampleComponents]
    note: str = ""
    repeats: tuple[dict[str, SampleComponents], ...] = ()

    @property
    def runs(self) -> tuple[dict[str, SampleComponents], ...]:
        """All runs."""
        return (self.samples, *self.repeats)


def compare(cells: Mapping[str, ResultCell | Scored], metric: Metric) -> Comparison:
    """Compare systems, ``name -> cell``, by one metric.

    Raises `StoreError` if the cells belong to different datasets, revisions or perturbations, or cannot be read.
    """
    scored = {name: cell if isinstance(cell, Scored) else Scored.of(cell) for name, cell in cells.items()}
    _require_one_dataset(scored)
    counted = {name: _counted(system, metric) for name, system in scored.items()}
    notes = _notes(counted, metric)
    common, values = _common_values(counted, notes, metric)
    groups = [group for _, group in common]
    order = sorted(values, key=lambda name: (-values[name] if metric.higher_is_better else values[name], name))
    parts = {
        name: [[run[sample].components[metric.name] for sample, _ in common] for run in counted[name].runs] for name in order
    }
    pairs = _pairs(order, values, parts, groups, metric)
    different = {(pair.better, pair.worse) for pair in pairs if pair.significant}
    ranks = rank_groups(order, lambda leader, system: (leader, system) in different)
    compared = [
        RankedSystem(name, rank, values[name], len(counted[name].samples)) for name, rank in zip(order, ranks, strict=True)
    ]
    others = [RankedSystem(name, None, None, len(counted[name].samples), notes[name]) for name in sorted(set(cells) - set(order))]
    return Comparison(metric.name, len(common), len(set(groups)), tuple(compared + others), pairs)


def _require_one_dataset(scored: Mapping[str, Scored]) -> None:
    questions = {
        name: (spec.capability, spec.place, spec.dataset_revision, spec.perturbation_revision)
        for name, spec in ((name, system.spec) for name, system in scored.items())
    }
    if len(set(questions.values())) > 1:
        listing = ", ".join(f"{name}: {' '.join(filter(None, question))}" for name, question in questions.items())
        raise StoreError(
            f"these systems were evaluated on different data ({listing}); compare runs on one revision of one dataset"
        )


def current(scored: Scored, metric: Metric) -> list[SampleComponents]:
    """The samples that ``metric`` was computed on. Raises `StoreError` if that was never, or another version of it."""
    outcome = scored.outcome
    version = next((score.version for score in outcome.scores if score.metric == metric.name), None) if outcome else None
    if version is None:
        raise StoreError(f"not scored by {metric.name}; run: model-lab score")
    if version != metric.version:
        raise StoreError(f"scored by version {version} of {metric.name}, which is now {metric.version}; run: model-lab score")
    return [line for line in scored.samples if metric.name in line.components]


def chosen_metric(capability_name: str, place: str, name: str) -> Metric:
    """The metric of that name, or for "" the one that ranks on the dataset of ``place`` (`RunSpec.place`).

    Raises `BadConfig` if the capability has none such.
    """
    metrics = {metric.name: metric for metric in capability(capability_name).metrics}
    if name and name not in metrics:
        raise BadConfig(f"{capability_name} has no metric {name!r}{nearest(name, metrics)}; it has: {', '.join(metrics)}")
    return metrics[name] if name else datasets.ranking(capability(capability_name), place.partition("~")[0]).primary


def _counted(scored: Scored, metric: Metric) -> _CellComponents:
    try:
        first, *repeats = [{line.sample_id: line for line in current(run, metric)} for run in (scored, *scored.repeats)]
        return _CellComponents(first, repeats=tuple(repeats))
    except StoreError as error:
        return _CellComponents({}, str(error))


def _notes(counted: Mapping[str, _CellComponents], metric: Metric) -> dict[str, str]:
    """The reason why a system cannot be compared, by name; empty for those that can."""
    fullest = max((len(cell.samples) for cell in counted.values()), default=0)
    notes = {name: cell.note for name, cell in counted.items()}
    for name, cell in counted.items():
        n = len(cell.samples)
        if not n:
            notes[name] = notes[name] or f"no sample could be scored by {metric.name}"
        elif 2 * n < fullest:
            notes[name] = f"scored on {n} samples where another system has {fullest}: too few to compare"
    return notes


def _common_values(
    counted: Mapping[str, _CellComponents], notes: dict[str, str], metric: Metric
) -> tuple[list[tuple[str, str]], dict[str, float]]:
    """The samples (id, group) shared by all compared systems, and the value of each system on them; adds to ``notes``.

    Samples on which the metric is not applicable for any system are left out.
    """
    compared = [run for name, cell in counted.items() if not notes[name] for run in cell.runs]
    shared = [
        line
        for line in (compared[0].values() if compared else ())
        if all(line.sample_id in samples for samples in compared)
        and any(metric.counts(samples[line.sample_id].components[metric.name]) for samples in compared)
    ]
    common = [(line.sample_id, line.group) for line in shared]
    values: dict[str, float] = {}
    for name in [name for name in counted if not notes[name]]:
        runs = [[run[sample].components[metric.name] for sample, _ in common] for run in counted[name].runs]
        value = float(np.mean([metric.value(pool(parts)) for parts in runs])) if common else math.nan
        if math.isfinite(value):
            values[name] = value
        else:
            notes[name] = (
                f"{metric.name} is {value} on the common samples" if common else "no samples in common with the other systems"
            )
    return common, values


def _pairs(
    order: Sequence[str],
    values: Mapping[str, float],
    parts: Mapping[str, Sequence[Sequence[Components]]],
    groups: Sequence[str],
    metric: Metric,
) -> tuple[Pair, ...]:
    if len(order) < 2:
        return ()
    n_groups = len(set(groups))
    draws = {name: _drawn(metric, parts[name], groups, number) for number, name in enumerate(order)}
    measured = {
        (better, worse): difference(values[better] - values[worse], draws[better] - draws[worse], n_groups)
        for better, worse in combinations(order, 2)
    }
    tested = {pair: measurement.p for pair, measurement in measured.items() if measurement.p is not None}
    corrected = dict(zip(tested, holm(list(tested.values())), strict=True))
    return tuple(
        Pair(*pair, measurement, corrected.get(pair), pair in corrected and corrected[pair] < SIGNIFICANT, len(groups))
        for pair, measurement in measured.items()
    )


def _drawn(metric: Metric, runs: Sequence[Sequence[Components]], groups: Sequence[str], seed: int) -> Values:
    """The draws of a system; where it was repeated, the spread between its runs is part of them."""
    drawn = [resampled(metric.value, parts, groups) for parts in runs]
    n_groups = len(set(groups))
    if len(drawn) == 1 or n_groups < 2:
        return drawn[0]
    return over_runs(drawn, [metric.value(pool(parts)) for parts in runs], n_groups, seed)

"""Compares several systems on one dataset: paired differences, Holm correction, ranks in groups.

Reads the stored scores; neither models nor audio are needed. All systems are compared on the same samples: those on which every
compared system was scored. A system scored on less than half as many samples as the most complete one is listed but not compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from model_lab.errors import StoreError
from model_lab.metrics._base import Components, Metric, pool
from model_lab.metrics.statistics import Difference, difference, holm, rank_groups, resampled
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
    """The stored scores of a system on one dataset: all that a comparison reads."""

    spec: RunSpec
    outcome: Run | None
    samples: tuple[SampleComponents, ...]

    @classmethod
    def of(cls, cell: ResultCell) -> Scored:
        """Read the scores of a cell. Raises `StoreError` if it is incomplete."""
        outcome = cell.outcome()
        return cls(cell.spec(), outcome, tuple(components(cell)) if outcome else ())


@dataclass(frozen=True)
class _CellComponents:
    """The components of one metric in a cell, by sample; ``note`` is the reason why the cell cannot be compared."""

    samples: dict[str, SampleComponents]
    note: str = ""


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
    parts = {name: [counted[name].samples[sample].components[metric.name] for sample, _ in common] for name in order}
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


def _counted(scored: Scored, metric: Metric) -> _CellComponents:
    outcome = scored.outcome
    version = next((score.version for score in outcome.scores if score.metric == metric.name), None) if outcome else None
    if version is None:
        return _CellComponents({}, f"not scored by {metric.name}; run: model-lab score")
    if version != metric.version:
        return _CellComponents(
            {}, f"scored by version {version} of {metric.name}, which is now {metric.version}; run: model-lab score"
        )
    return _CellComponents({line.sample_id: line for line in scored.samples if metric.name in line.components})


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
    compared = [cell.samples for name, cell in counted.items() if not notes[name]]
    shared = [
        line
        for line in (compared[0].values() if compared else ())
        if all(line.sample_id in samples for samples in compared)
        and any(metric.counts(samples[line.sample_id].components[metric.name]) for samples in compared)
    ]
    common = [(line.sample_id, line.group) for line in shared]
    values: dict[str, float] = {}
    for name in [name for name in counted if not notes[name]]:
        parts = [counted[name].samples[sample].components[metric.name] for sample, _ in common]
        value = metric.value(pool(parts)) if parts else math.nan
        if math.isfinite(value):
            values[name] = value
        else:
            notes[name] = (
                f"{metric.name} is {value} on the common samples" if parts else "no samples in common with the other systems"
            )
    return common, values


def _pairs(
    order: Sequence[str],
    values: Mapping[str, float],
    parts: Mapping[str, Sequence[Components]],
    groups: Sequence[str],
    metric: Metric,
) -> tuple[Pair, ...]:
    if len(order) < 2:
        return ()
    draws = {name: resampled(metric.value, parts[name], groups) for name in order}
    measured = {
        (better, worse): difference(values[better] - values[worse], draws[better] - draws[worse], len(set(groups)))
        for better, worse in combinations(order, 2)
    }
    tested = {pair: measurement.p for pair, measurement in measured.items() if measurement.p is not None}
    corrected = dict(zip(tested, holm(list(tested.values())), strict=True))
    return tuple(
        Pair(*pair, measurement, corrected.get(pair), pair in corrected and corrected[pair] < SIGNIFICANT, len(groups))
        for pair, measurement in measured.items()
    )

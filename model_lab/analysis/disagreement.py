"""Compares two systems sample by sample: how often each is better, and where they differ most."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from model_lab.metrics._base import Metric
from model_lab.results.scoring import SampleComponents, components
from model_lab.results.store import ResultCell

WORST = 3
"""Number of disagreements that are shown."""


@dataclass(frozen=True)
class SampleDifference:
    """The value of a metric for both systems on a single sample."""

    sample_id: str
    first: float
    second: float


@dataclass(frozen=True)
class Disagreement:
    """Numbers of shared samples on which the first system is better, equal or worse, or the metric is undefined for a single sample.

    ``worst``: the samples with the largest difference, in descending order.
    """

    wins: int
    ties: int
    losses: int
    undefined: int
    worst: tuple[SampleDifference, ...]


def sample_values(cell: ResultCell, metric: Metric) -> dict[str, float]:
    """The value of the metric for each single sample of a scored cell; NaN where it needs several samples."""
    return {line.sample_id: _value(metric, line) for line in components(cell) if metric.name in line.components}


def disagreement(ours: Mapping[str, float], theirs: Mapping[str, float], higher_is_better: bool) -> Disagreement:
    """Compare two systems by their `sample_values`."""
    both = [SampleDifference(name, ours[name], theirs[name]) for name in ours if name in theirs]
    defined = [sample for sample in both if math.isfinite(sample.first - sample.second)]
    sign = 1 if higher_is_better else -1
    gains = [sign * (sample.first - sample.second) for sample in defined]
    apart = sorted(defined, key=lambda sample: -abs(sample.first - sample.second))
    return Disagreement(
        wins=sum(gain > 0 for gain in gains),
        ties=sum(gain == 0 for gain in gains),
        losses=sum(gain < 0 for gain in gains),
        undefined=len(both) - len(defined),
        worst=tuple(sample for sample in apart[:WORST] if sample.first != sample.second),
    )


def _value(metric: Metric, line: SampleComponents) -> float:
    try:
        return float(metric.value(line.components[metric.name]))
    except (ValueError, ZeroDivisionError, IndexError):
        return math.nan

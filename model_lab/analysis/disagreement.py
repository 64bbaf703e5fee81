"""Two systems sample by sample: how often each is better, and where they differ most."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from model_lab.metrics._base import Metric
from model_lab.results.scoring import SampleComponents, components
from model_lab.results.store import ResultCell

WORST = 3
"""How many disagreements are shown."""


@dataclass(frozen=True)
class SampleDifference:
    """The metric's value of both systems on one sample alone."""

    sample_id: str
    first: float
    second: float


@dataclass(frozen=True)
class Disagreement:
    """Of the samples both were scored on: where the first is better, equal, worse; where the metric is not defined on one sample.

    ``worst``: the samples with the largest difference, largest first.
    """

    wins: int
    ties: int
    losses: int
    undefined: int
    worst: tuple[SampleDifference, ...]


def sample_values(cell: ResultCell, metric: Metric) -> dict[str, float]:
    """The metric on every sample of a scored cell alone; NaN where it needs several samples."""
    return {line.sample_id: _value(metric, line) for line in components(cell) if metric.name in line.components}


def disagreement(ours: Mapping[str, float], theirs: Mapping[str, float], higher_is_better: bool) -> Disagreement:
    """Compare two systems by their values on each sample (`sample_values`)."""
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

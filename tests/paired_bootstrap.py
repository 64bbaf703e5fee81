"""The comparison of two systems as it is documented, for tests: pooled values, differences on the same draws, their interval and test."""

from __future__ import annotations

from collections.abc import Sequence

from model_lab.metrics._base import Components, pool
from model_lab.metrics.statistics import DRAWS, Difference, Value, difference, resampled


def paired_bootstrap(
    value: Value, first: Sequence[Components], second: Sequence[Components], groups: Sequence[str], draws: int = DRAWS
) -> Difference:
    """``value`` of the first system less that of the second, on the same samples in the same order."""
    drawn = resampled(value, first, groups, draws) - resampled(value, second, groups, draws)
    return difference(value(pool(first)) - value(pool(second)), drawn, len(set(groups)))

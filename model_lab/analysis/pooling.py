"""Combines estimates from several datasets: a weighted mean with its interval.

Datasets are independent samples, so the variance of the mean is the weighted sum of theirs. A dataset's standard error is taken from its
bootstrap interval, divided by Student's t for its number of clusters; the interval of the mean uses the degrees of freedom of Welch and
Satterthwaite (Satterthwaite 1946). The datasets are fixed, not drawn: a mean over them says nothing about other data, which is what
leaving one dataset out is for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from model_lab.metrics.statistics import DRAWS, LEVEL, MIN_GROUPS_TO_COMPARE


@dataclass(frozen=True)
class Estimate:
    """An estimate on one dataset, or the mean over several, with its 95 % interval, two-sided p value and number of clusters.

    ``low``, ``high`` and ``p`` are None where there are too few clusters for them.
    """

    value: float
    low: float | None
    high: float | None
    n_groups: int
    p: float | None = None
    n_datasets: int = 1

    @property
    def has_interval(self) -> bool:
        """Whether anything says how far it can be off."""
        return self.low is not None and self.high is not None and self.n_groups > 1

    def scaled(self, factor: float) -> Estimate:
        """The estimate times ``factor``, which may be negative."""
        ends = [None if end is None else end * factor for end in (self.low, self.high)]
        low, high = ends if factor >= 0 else reversed(ends)
        return Estimate(self.value * factor, low, high, self.n_groups, self.p, self.n_datasets)


def mean(estimates: Sequence[tuple[Estimate, float]]) -> Estimate:
    """The weighted mean of (estimate, weight above 0).

    Where some datasets have an interval, those without one are left out: with a single cluster nothing says how far they can be off.

    >>> both = mean([(Estimate(0.2, 0.1, 0.3, 20), 1.0), (Estimate(0.4, 0.3, 0.5, 20), 1.0)])
    >>> round(both.value, 3), round(both.low, 3), round(both.high, 3), both.n_groups
    (0.3, 0.232, 0.368, 40)
    >>> mean([(Estimate(0.2, 0.1, 0.3, 20), 1.0), (Estimate(0.9, None, None, 1), 1.0)]).value
    0.2
    """
    known = [(estimate, weight) for estimate, weight in estimates if estimate.has_interval]
    used = known or list(estimates)
    if len(used) == 1:
        return used[0][0]
    total = sum(weight for _, weight in used)
    value = sum(estimate.value * weight for estimate, weight in used) / total
    n_groups = sum(estimate.n_groups for estimate, _ in used)
    if not known:
        return Estimate(value, None, None, n_groups, None, len(used))
    variances = [(_error(estimate) * weight / total) ** 2 for estimate, weight in used]
    error = math.sqrt(sum(variances))
    shares = sum(variance**2 / (estimate.n_groups - 1) for variance, (estimate, _) in zip(variances, used, strict=True))
    freedom = sum(variances) ** 2 / shares if shares > 0 else float(n_groups - len(used))
    half = _quantile(freedom) * error
    p = _two_sided(value, error, freedom) if n_groups >= MIN_GROUPS_TO_COMPARE else None
    return Estimate(value, value - half, value + half, n_groups, p, len(used))


def _error(estimate: Estimate) -> float:
    assert estimate.low is not None and estimate.high is not None
    return (estimate.high - estimate.low) / 2 / _quantile(estimate.n_groups - 1)


def _quantile(freedom: float) -> float:
    """Student's t at the upper end of a 95 % interval."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 1 - (1 - LEVEL) / 2))


def _two_sided(value: float, error: float, freedom: float) -> float:
    """The p value of ``value`` against 0; where nothing varies, the smallest that the bootstrap can show."""
    from scipy.special import stdtr

    if error <= 1e-12 * abs(value):
        return 2 / (DRAWS + 1) if value else 1.0
    return float(2 * stdtr(freedom, -abs(value) / error))

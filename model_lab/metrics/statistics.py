"""Uncertainty of metrics: cluster bootstrap intervals, paired comparisons, Holm's correction, and ranks in groups.

Conventions
-----------
- Samples of one speaker or recording are correlated, so whole clusters (groups) are drawn, never single samples (Field and Welsh 2007,
  "Bootstrapping clustered data"). A draw takes as many clusters as there are, with replacement; the metric's own ``value`` is computed on
  the pooled components of what was drawn.
- Intervals are expanded percentile intervals of 95 % (Hesterberg 2015, "What teachers should know about the bootstrap", section 4.4):
  plain percentiles are too narrow for few clusters, so the levels are moved outwards by Student's t for that number of clusters. Tests
  are adjusted likewise and agree with the intervals.
- The same arguments give the same draws, so that systems and metrics on the same clusters are paired.
- A metric over pairs of samples (verification from embeddings) must leave out pairs of a sample with itself: a cluster drawn twice
  holds each of its samples twice.
- Values, differences and intervals are in the metric's own unit; p values are two-sided, in 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from model_lab.metrics._base import Components, pool

if TYPE_CHECKING:
    import numpy.typing as npt

Values: TypeAlias = "npt.NDArray[np.float64]"
Value = Callable[[Mapping[str, Any]], float]
System = TypeVar("System")

DRAWS = 1000
"""Number of bootstrap draws."""

LEVEL = 0.95
"""Coverage of the intervals."""

POWER = 0.8
"""Probability with which a test finds a difference that is called detectable."""

FEW_GROUPS = 8
"""With fewer clusters than this, an interval carries a warning: it may be too narrow."""

FEW_BEYOND = 10
"""With fewer draws beyond 0 than this, their share is too coarse for small p values."""

MIN_GROUPS_TO_COMPARE = 6
"""Fewer clusters cannot show a difference: the sign-flip test of 5 differences gives p = 2/32 = .0625 at best, of 6 p = 2/64 = .031."""


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a metric.

    Attributes:
        low: Lower end in the metric's unit; None if there is no interval.
        high: Upper end in the metric's unit; None if there is no interval.
        n_groups: Number of clusters.
        n_undefined: Draws left out because the metric was undefined on them.
        note: Why there is no interval, or what weakens it; "" if nothing does.
    """

    low: float | None
    high: float | None
    n_groups: int
    n_undefined: int = 0
    note: str = ""


@dataclass(frozen=True)
class Difference:
    """The difference of two systems, ``first - second``, with a 95 % interval and a test.

    The p value is the share ``(1 + min(#{d* <= 0}, #{d* >= 0})) / (draws + 1)`` of the draws' differences ``d*`` beyond 0, doubled and
    adjusted as the interval's levels are: it is below .05 exactly (to one draw) when the interval excludes 0. Where hardly any draw is
    beyond 0 that share says little, and p is taken from Student's t with the draws' standard error, so that a large difference survives
    Holm's correction.

    Attributes:
        difference: Difference in the metric's unit.
        low: Lower end of the interval; None if there is none.
        high: Upper end of the interval; None if there is none.
        p: Two-sided p value in 0 to 1, not corrected for other pairs; None if no test is possible.
        n_groups: Number of clusters that both systems share.
        note: Why there is no interval or no test, or what weakens them; "" if nothing does.
        error: Standard error of the difference in the metric's unit; None if no test is possible.
    """

    difference: float
    low: float | None
    high: float | None
    p: float | None
    n_groups: int
    note: str = ""
    error: float | None = field(default=None, compare=False)

    @property
    def detectable(self) -> float | None:
        """The smallest true difference that a test on as many, equally varied clusters finds in 4 of 5 repetitions.

        (t(.975) + t(.8)) standard errors of the difference, in the metric's unit (Cohen 1988, section 2.2, with Student's t for few clusters);
        not corrected for other pairs. None if no test is possible.
        """
        from scipy.special import stdtrit

        if self.p is None or self.error is None:
            return None
        freedom = self.n_groups - 1
        return float(stdtrit(freedom, 1 - (1 - LEVEL) / 2) + stdtrit(freedom, POWER)) * self.error


def draw_clusters(n_groups: int, draws: int = DRAWS, seed: int = 0) -> npt.NDArray[np.int64]:
    """Draw clusters with replacement, as many as there are.

    Args:
        n_groups: Number of clusters, at least 1.
        draws: Number of draws.
        seed: Seed of the random generator; the same arguments give the same draws.

    Returns:
        How often each cluster is in each draw, int64, shape ``(draws, n_groups)``; every row sums to ``n_groups``.
    """
    drawn = np.random.default_rng(seed).integers(n_groups, size=(draws, n_groups))
    offsets = np.arange(draws)[:, None] * n_groups
    return np.bincount((drawn + offsets).ravel(), minlength=draws * n_groups).reshape(draws, n_groups)


def resampled(value: Value, parts: Sequence[Components], groups: Sequence[str], draws: int = DRAWS, seed: int = 0) -> Values:
    """Compute a metric on every bootstrap draw.

    Args:
        value: The metric's ``value`` function.
        parts: Components of each sample.
        groups: Cluster of each sample, in the order of ``parts``.
        draws: Number of draws.
        seed: Seed of the draws.

    Returns:
        The metric on each draw in its unit, float64, shape ``(draws,)``; not finite where it is undefined.
    """
    clusters = _by_cluster(parts, groups)
    counts = draw_clusters(len(clusters), draws, seed)
    keys = list(dict.fromkeys(chain.from_iterable(clusters)))
    listed = [key for key in keys if any(isinstance(cluster.get(key), list) for cluster in clusters)]
    added = [key for key in keys if key not in listed]
    sums = counts @ np.array([[cluster.get(key, 0.0) for key in added] for cluster in clusters], np.float64)
    if not listed:
        return np.array([value(dict(zip(added, row, strict=True))) for row in sums.tolist()], np.float64)
    lists = {key: [_vectors(cluster, key) for cluster in clusters] for key in listed}
    values = []
    for row, count in zip(sums.tolist(), counts, strict=True):
        drawn = np.repeat(np.arange(len(clusters)), count).tolist()
        joined = {key: list(chain.from_iterable(lists[key][index] for index in drawn)) for key in listed}
        values.append(value({**dict(zip(added, row, strict=True)), **joined}))
    return np.array(values, np.float64)


def _vectors(cluster: Components, key: str) -> list[Any]:
    """A cluster's list; lists of numbers within it as arrays, made once and not on every draw."""
    items = cluster.get(key, [])
    assert isinstance(items, list)
    return [
        np.asarray(item, np.float64) if isinstance(item, list) and item and isinstance(item[0], (int, float)) else item
        for item in items
    ]


def bootstrap(value: Value, parts: Sequence[Components], groups: Sequence[str], draws: int = DRAWS, seed: int = 0) -> Interval:
    """Compute the 95 % interval of a metric.

    Args:
        value: The metric's ``value`` function.
        parts: Components of each sample.
        groups: Cluster of each sample, in the order of ``parts``.
        draws: Number of draws.
        seed: Seed of the draws.

    Returns:
        The interval, without ends for fewer than 2 clusters or if the metric is undefined on more than half of the draws.
    """
    n_groups = len(set(groups))
    return interval(resampled(value, parts, groups, draws, seed) if n_groups > 1 else np.empty(0), n_groups)


def mean_of(drawn: Sequence[Values], sizes: Sequence[int]) -> tuple[Values, int]:
    """Average draws of independent datasets, each of which counts the same.

    Args:
        drawn: A metric, or a difference, on the draws of each dataset, each of shape ``(draws,)``.
        sizes: Number of clusters of each dataset.

    Returns:
        The mean on each draw, and the number of clusters that an interval of it has to reckon with: 1 + the degrees of freedom of Welch and
            Satterthwaite (Satterthwaite 1946), rounded down; 1 if a dataset has a single cluster.

    Examples:
        >>> mean_of([np.array([0.0, 1.0]), np.array([2.0, 1.0])], [4, 4])
        (array([1., 1.]), 7)
        >>> mean_of([np.array([0.0, 1.0]), np.array([1.0, 1.0])], [4, 100])[1]
        4
    """
    return np.mean(drawn, axis=0), welch_groups(drawn, sizes)


def welch_groups(drawn: Sequence[Values], sizes: Sequence[int]) -> int:
    """The number of clusters that an interval of a sum, difference or mean of independent estimates has to reckon with.

    Args:
        drawn: Each estimate on its draws, of shape ``(draws,)``.
        sizes: Number of clusters of each.

    Returns:
        1 + the degrees of freedom of Welch and Satterthwaite (Satterthwaite 1946), rounded down; 1 if one of ``sizes`` is 1.

    Examples:
        >>> welch_groups([np.array([0.0, 1.0]), np.array([1.0, 0.0])], [4, 4])
        7
    """
    if min(sizes) < 2:
        return 1
    variances = np.array([np.nanvar(of_one) for of_one in drawn])
    shares = float((variances**2 / (np.array(sizes) - 1)).sum())
    return 1 + int(variances.sum() ** 2 / shares + 1e-9) if shares > 0 else min(sizes)


def over_runs(drawn: Sequence[Values], values: Sequence[float], n_groups: int, seed: int = 0) -> Values:
    """Average the runs of a model that varies, and add their spread to the draws of clusters.

    A two-way layout, clusters by runs (Brennan 2001, "Generalizability theory", chapter 3): drawing clusters shows the variance of the mean
    over clusters, and what single answers vary from run to run. What the runs differ by beyond that, as wholes, is
    ``max(0, s^2 - v) / K``, with s the standard deviation of the values of K runs and v the variance between runs that drawing clusters explains. It is added as a
    Student's t with K - 1 degrees of freedom of that scale: K runs are few.

    Args:
        drawn: The metric of each run on the same draws of clusters, each of shape ``(draws,)``; at least 2 runs.
        values: The metric of each run, in the same order.
        n_groups: Number of clusters.
        seed: Seed of that t; two systems get different ones, as their runs are independent.

    Returns:
        The mean over the runs with their spread, shape ``(draws,)``, for `interval` and `difference`.
    """
    n_runs, mean = len(drawn), np.mean(drawn, axis=0)
    explained = sum(float(np.nanvar(of_run - mean)) for of_run in drawn) / (n_runs - 1) * n_groups / (n_groups - 1)
    apart = math.sqrt(max(0.0, float(np.var(values, ddof=1)) - explained) / n_runs)
    added = np.random.default_rng([n_runs, seed]).standard_t(n_runs - 1, len(mean))
    return np.asarray(mean + apart * added, np.float64)


def interval(drawn: Values, n_groups: int) -> Interval:
    """Read the 95 % interval off the draws of a metric, or of a mean of metrics.

    Args:
        drawn: The metric on each draw, shape ``(draws,)``; not finite where undefined.
        n_groups: Number of clusters that were drawn from; of a mean over several datasets, that of `mean_of`.

    Returns:
        The interval, without ends for fewer than 2 clusters or if the metric is undefined on more than half of the draws.
    """
    if n_groups < 2:
        return Interval(None, None, n_groups, note=f"no interval: {_counted(n_groups)}, at least 2 are needed")
    low, high, n_undefined, note = _percentiles(drawn, n_groups)
    return Interval(low, high, n_groups, n_undefined, _notes(_few(n_groups), note))


def difference(observed: float, drawn: Values, n_groups: int) -> Difference:
    """Summarise the difference of two systems from their paired draws.

    Args:
        observed: Difference on all samples, in the metric's unit.
        drawn: Differences on the draws, shape ``(draws,)``; not finite where undefined.
        n_groups: Number of clusters; an interval needs 2, a test needs `MIN_GROUPS_TO_COMPARE`.

    Returns:
        The difference with its interval and test, as far as there are any.
    """
    if n_groups < 2:
        return Difference(observed, None, None, None, n_groups, f"no interval: {_counted(n_groups)}, at least 2 are needed")
    low, high, _, note = _percentiles(drawn, n_groups)
    if n_groups < MIN_GROUPS_TO_COMPARE:
        needed = f"no test: {_counted(n_groups)} in common, at least {MIN_GROUPS_TO_COMPARE} are needed"
        return Difference(observed, low, high, None, n_groups, _notes(needed, note))
    return Difference(
        observed,
        low,
        high,
        None if low is None else _two_sided(observed, drawn, n_groups),
        n_groups,
        _notes(_few(n_groups), note),
        _standard_error(drawn[np.isfinite(drawn)], n_groups),
    )


def family_interval(measured: Difference, tests: int) -> tuple[float | None, float | None]:
    """Widen the interval of a difference so that it holds together with those of all other tests of its family.

    The level is 1 - .05 / ``tests`` (Bonferroni). The draws are too few to read such levels off, so the ends are t(1 - .025 / ``tests``)
    standard errors from the difference, with the degrees of freedom of its clusters.

    Args:
        measured: The difference with its own 95 % interval.
        tests: Number of tests of the family, at least 1.

    Returns:
        Lower and upper end in the metric's unit: the difference's own for a single test; None if it has no test.

    Examples:
        >>> family_interval(Difference(1.0, 0.5, 1.6, 0.01, 11, error=0.25), 1)
        (0.5, 1.6)
        >>> low, high = family_interval(Difference(1.0, 0.5, 1.6, 0.01, 11, error=0.25), 5)  # t(.995; 10) = 3.169
        >>> round(low, 3), round(high, 3)
        (0.208, 1.792)
    """
    from scipy.special import stdtrit

    if tests == 1:
        return measured.low, measured.high
    if measured.p is None or measured.error is None:
        return None, None
    reach = float(stdtrit(measured.n_groups - 1, 1 - (1 - LEVEL) / 2 / tests)) * measured.error
    return measured.difference - reach, measured.difference + reach


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust the p values of one family of tests by Holm's step-down method (Holm 1979).

    Args:
        p_values: Unadjusted p values in 0 to 1.

    Returns:
        Adjusted p values in 0 to 1, in the order given.

    Examples:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.array(p_values, np.float64)[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(p) for p in adjusted]


def rank_groups(systems: Sequence[System], significant: Callable[[System, System], bool]) -> list[int]:
    """Rank systems in groups of no significant difference.

    The best system leads group 1. A system that does not differ significantly from the leader shares its rank; the first that does leads
    the next group.

    Args:
        systems: Systems sorted best first.
        significant: ``significant(leader, system)`` decides whether a system differs from the leader of a group.

    Returns:
        One rank per system, 1 for the best group, rising by 1 from group to group.

    Examples:
        >>> rank_groups([0.10, 0.11, 0.13, 0.14], lambda leader, system: system - leader > 0.025)
        [1, 1, 2, 2]
    """
    ranks: list[int] = []
    leader = 0
    for place, system in enumerate(systems):
        if place and significant(systems[leader], system):
            leader = place
        ranks.append(ranks[-1] + (leader == place) if ranks else 1)
    return ranks


def _by_cluster(parts: Sequence[Components], groups: Sequence[str]) -> list[Components]:
    """Components pooled within each cluster, by the cluster's name."""
    members: dict[str, list[Components]] = {}
    for part, group in zip(parts, groups, strict=True):
        members.setdefault(group, []).append(part)
    return [pool(members[group]) for group in sorted(members)]


def _percentiles(drawn: Values, n_groups: int) -> tuple[float | None, float | None, int, str]:
    """Low, high, the number of undefined draws, and a note about them."""
    defined = drawn[np.isfinite(drawn)]
    n_undefined = len(drawn) - len(defined)
    note = f"undefined on {n_undefined} of {len(drawn)} draws" if n_undefined else ""
    if 2 * len(defined) < len(drawn):
        return None, None, n_undefined, f"no interval: {note}"
    tail = 100 * _expanded((1 - LEVEL) / 2, n_groups)
    low, high = np.percentile(defined, [tail, 100 - tail]).tolist()
    return low, high, n_undefined, note


def _expanded(level: float, n_groups: int) -> float:
    """The level of the draws' distribution to read off instead of ``level`` (Hesterberg 2015)."""
    from scipy.special import ndtr, stdtrit

    return float(ndtr(math.sqrt(n_groups / (n_groups - 1)) * stdtrit(n_groups - 1, level)))


def _unexpanded(level: float, n_groups: int) -> float:
    """The inverse of `_expanded`."""
    from scipy.special import ndtri, stdtr

    return float(stdtr(n_groups - 1, math.sqrt((n_groups - 1) / n_groups) * ndtri(level)))


def _two_sided(observed: float, drawn: Values, n_groups: int) -> float:
    defined = drawn[np.isfinite(drawn)]
    rarer = min(int((defined <= 0).sum()), int((defined >= 0).sum()))
    share = min(0.5, (1 + rarer) / (len(defined) + 1))
    counted = min(1.0, 2 * _unexpanded(share, n_groups))
    return counted if rarer >= FEW_BEYOND else min(counted, _beyond_the_draws(observed, defined, n_groups))


def _beyond_the_draws(observed: float, drawn: Values, n_groups: int) -> float:
    """Two-sided p of ``observed`` on Student's t, with the standard error that the draws show; their own limit if it is 0."""
    from scipy.special import stdtr

    error = _standard_error(drawn, n_groups)
    limit = 2 / (len(drawn) + 1)
    return float(2 * stdtr(n_groups - 1, -abs(observed) / error)) if error > 1e-12 * abs(observed) else limit


def _standard_error(drawn: Values, n_groups: int) -> float:
    """The standard deviation of the draws, which is too small for few clusters by the factor that this takes out."""
    return float(drawn.std()) * math.sqrt(n_groups / (n_groups - 1))


def _few(n_groups: int) -> str:
    return f"only {_counted(n_groups)}: the interval may be too narrow" if n_groups < FEW_GROUPS else ""


def _notes(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def _counted(n_groups: int) -> str:
    return "1 group" if n_groups == 1 else f"{n_groups} groups"

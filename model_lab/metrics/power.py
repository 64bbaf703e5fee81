"""Sample sizes in clusters: for a difference that a test should find, and for the width of an interval.

Conventions
-----------
- A pilot gives a standard error and the number of clusters it is of; with m times the clusters it is 1 / sqrt(m) of that.
- Differences, errors and widths are in the metric's unit; levels and powers are in 0 to 1.
- Tests and intervals are those of `statistics`: Student's t with one degree of freedom less than there are clusters.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from model_lab.metrics.statistics import MIN_GROUPS_TO_COMPARE

MOST = 10_000_000
"""More clusters than this are not counted: the answer is infinite."""

CONFIDENCE = 0.8
"""The variance of a small pilot may be too small by chance; its upper limit at this confidence is planned with (Browne 1995)."""


def clusters_for_difference(
    difference: float, error: float, n_groups: int, power: float = 0.8, alpha: float = 0.05, pairs: int = 1
) -> float:
    """Compute how many clusters a paired test needs to find a difference.

    Args:
        difference: True difference between two systems, not 0.
        error: Standard error of their difference in the pilot.
        n_groups: Clusters of the pilot, at least 2.
        power: Probability that the test finds it.
        alpha: Two-sided level of the test.
        pairs: Pairs of systems that are corrected for: the level of the least p value by Holm's method, which is Bonferroni's.

    Returns:
        A whole number of clusters, at least 6; infinite above 10 million.

    Examples:
        A difference of half a standard deviation of the clusters (Cohen 1988, table 2.4.1: 34 pairs):

        >>> clusters_for_difference(0.5, error=0.1, n_groups=100)
        34.0
    """
    from scipy.special import stdtrit

    spread = error * math.sqrt(n_groups)

    def enough(clusters: int) -> bool:
        factor = float(stdtrit(clusters - 1, 1 - alpha / (2 * pairs)) + stdtrit(clusters - 1, power))
        return factor * spread / math.sqrt(clusters) <= abs(difference)

    return _least(enough, MIN_GROUPS_TO_COMPARE)


def clusters_for_half_width(half_width: float, now: float, n_groups: int) -> float:
    """Compute how many clusters an interval of a given half-width needs.

    Args:
        half_width: The half-width wanted, above 0.
        now: Half-width in the pilot, of the same level.
        n_groups: Clusters of the pilot, at least 2.

    Returns:
        A whole number of clusters, at least 2; infinite above 10 million.

    Examples:
        >>> clusters_for_half_width(0.01, now=0.02, n_groups=100)
        393.0
    """
    from scipy.special import stdtrit

    def width(clusters: int) -> float:
        """Of an interval by Student's t, but for a factor."""
        return float(stdtrit(clusters - 1, 0.975)) / math.sqrt(clusters)

    return _least(lambda clusters: now * width(clusters) / width(n_groups) <= half_width, 2)


def upper_spread(n_groups: int, confidence: float = CONFIDENCE) -> float:
    """Compute by what factor a standard error may be larger than the pilot says.

    Args:
        n_groups: Clusters of the pilot, at least 2.
        confidence: Confidence of the upper limit, in 0 to 1.

    Returns:
        The factor, at least 1 for the usual confidence: the root of the ratio of the variance's upper limit (chi-square) to its estimate.

    Examples:
        >>> round(upper_spread(10), 2), round(upper_spread(100), 2)
        (1.29, 1.07)
    """
    from scipy.special import chdtri

    freedom = n_groups - 1
    return math.sqrt(freedom / float(chdtri(freedom, confidence)))


def _least(enough: Callable[[int], bool], start: int) -> float:
    """The least number from ``start`` on that is enough, by bisection: what is enough stays enough with more."""
    if enough(start):
        return float(start)
    low, high = start, 2 * start
    while not enough(high):
        low, high = high, 2 * high
        if low > MOST:
            return math.inf
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(high)

"""Differences that are tested several times while the data grows, without more false findings than one test has.

A test at level .05 that is repeated at every look at growing data finds differences where there are none far more often than once
in 20. Here every look spends a part of the level (Lan and DeMets 1983), by a function like O'Brien and Fleming's (1979): hardly any at
first and most of it at the end, so that the last look is nearly as sharp as a single test.

Conventions
-----------
- A **time** is the share of the planned clusters that a look has seen, rising, in 0 to 1 (the information fraction); at 1 the whole
  level is spent. Looks must not be timed by what they show; whether there is another one may depend on it.
- A **boundary** is the absolute normal deviate that a look's must exceed; its **nominal level** is the two-sided p value of that.
- The **sequential p value** is the least level at which one of the looks so far finds a difference. It is a valid p value whenever, and
  for whatever reason, the looks end (Liu and Anderson 2008), so Holm's correction over the pairs of a table holds, too (Ye et al. 2013).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from model_lab.metrics.statistics import LEVEL, Values

ALPHA = 1 - LEVEL
"""Level of the tests of a table together, over all looks and pairs."""

_NODES = 101
"""Nodes of the quadrature over the statistic of a look."""
_REACH = 10.0
"""Deviates beyond which a statistic's density is not integrated: 1.5e-23 of it."""
_LARGEST = 37.0
"""The largest deviate whose tail is a positive number in double precision."""
_LEVELS = np.unique([*np.geomspace(1e-15, 1e-3, 25), *np.geomspace(1e-3, 0.1, 25), ALPHA, *np.linspace(0.1, 0.99, 20)])
"""The levels between which `sequential_p` interpolates, to within 0.2 % and upwards; p values are not below the first."""


def spent(alpha: float, time: float) -> float:
    """Compute the level that may be spent up to a time, by Lan and DeMets' function of O'Brien and Fleming's kind.

    Args:
        alpha: Two-sided level at time 1, in 0 to 1.
        time: Information fraction above 0, at most 1.

    Returns:
        ``4 - 4 Phi(z / sqrt(time))``, ``z`` the normal deviate that is exceeded with probability ``alpha / 4``: half the level for each side.

    Examples:
        >>> round(spent(0.05, 0.5), 5), round(spent(0.05, 1.0), 5)
        (0.00305, 0.05)
    """
    from scipy.special import ndtr, ndtri

    return float(4 * ndtr(ndtri(alpha / 4) / math.sqrt(time)))


def boundaries(times: Sequence[float], alpha: float = ALPHA) -> Values:
    """Compute the boundary of each look.

    Args:
        times: Information fractions of the looks, rising.
        alpha: Two-sided level over all looks up to time 1.

    Returns:
        Absolute normal deviates, float64, shape ``(looks,)``; infinite where a look may spend nothing.

    Examples:
        The boundaries of five equally spaced looks (Jennison and Turnbull 2000, section 7.2):

        >>> boundaries([0.2, 0.4, 0.6, 0.8, 1.0]).round(3)
        array([4.877, 3.357, 2.68 , 2.29 , 2.031])
    """
    return np.array(_boundaries(tuple(times), alpha))


@lru_cache(maxsize=4096)
def _boundaries(times: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    from scipy.optimize import brentq

    process = _Process()
    bounds, before = [], 0.0
    for time in times:
        so_far = spent(alpha, time)
        share, before = so_far - before, so_far
        bound = math.inf
        if share > process.beyond(time, _LARGEST):
            bound = float(brentq(lambda c: process.beyond(time, c) - share, 0.0, _LARGEST, xtol=1e-10))  # noqa: B023
        process = process.after(time, bound)
        bounds.append(bound)
    return tuple(bounds)


def crossing(times: Sequence[float], bounds: Sequence[float]) -> Values:
    """Compute how probable it is, without a difference, that each look is the first beyond its boundary.

    Args:
        times: Information fractions of the looks, rising.
        bounds: Boundary of each look.

    Returns:
        Probabilities, float64, shape ``(looks,)``.

    Examples:
        >>> crossing([0.5, 1.0], [1.96, 1.96]).round(3)  # two tests at .05 find 8 % where there is nothing
        array([0.05 , 0.033])
    """
    process, found = _Process(), []
    for time, bound in zip(times, bounds, strict=True):
        found.append(process.beyond(time, bound))
        process = process.after(time, bound)
    return np.array(found)


class _Process:
    """A Brownian motion at a look, where it has crossed no boundary so far: its density on nodes (Armitage, McPherson and Rowe 1969)."""

    def __init__(self, time: float = 0.0, at: Values | None = None, mass: Values | None = None) -> None:
        self._time = time
        self._at = np.zeros(1) if at is None else at
        self._mass = np.ones(1) if mass is None else mass

    def beyond(self, time: float, bound: float) -> float:
        """The probability to be beyond ``bound`` at a later time, for the first time."""
        from scipy.special import ndtr

        edge, step = bound * math.sqrt(time), math.sqrt(time - self._time)
        return float(self._mass @ (ndtr((-edge - self._at) / step) + ndtr((self._at - edge) / step)))

    def after(self, time: float, bound: float) -> _Process:
        """The process at a later time, where it was within ``bound`` there."""
        nodes, weights = _quadrature()
        half = min(bound, _REACH) * math.sqrt(time)
        at, step = nodes * half, math.sqrt(time - self._time)
        density = np.exp(-0.5 * ((at[:, None] - self._at) / step) ** 2) @ self._mass / (step * math.sqrt(2 * math.pi))
        return _Process(time, at, density * weights * half)


@lru_cache(maxsize=1)
def _quadrature() -> tuple[Values, Values]:
    return np.polynomial.legendre.leggauss(_NODES)


def nominal_levels(times: Sequence[float], alpha: float = ALPHA) -> Values:
    """Compute the two-sided p value that each look's must be below.

    Args:
        times: Information fractions of the looks, rising.
        alpha: Two-sided level over all looks up to time 1.

    Returns:
        Levels in 0 to 1, float64, shape ``(looks,)``.

    Examples:
        >>> nominal_levels([0.5, 1.0]).round(4)
        array([0.0031, 0.049 ])
    """
    from scipy.special import ndtr

    return np.asarray(2 * ndtr(-boundaries(times, alpha)))


@lru_cache(maxsize=4096)
def _nominal_by_level(times: tuple[float, ...]) -> Values:
    """`nominal_levels` for each of `_LEVELS`, shape ``(levels, looks)``."""
    return np.array([nominal_levels(times, level) for level in _LEVELS])


def sequential_p(times: Sequence[float], p_values: Sequence[float]) -> float:
    """Compute the least level at which one of the looks is significant.

    Args:
        times: Information fractions of the looks, rising.
        p_values: Two-sided p value of each look on its own.

    Returns:
        The sequential p value, in 0 to 1: below .05 exactly if a look is below its nominal level at .05. 1 without looks.

    Examples:
        A p of .01 half-way is worth less than one of .01 at the end:

        >>> round(sequential_p([0.5], [0.01]), 3), round(sequential_p([0.5, 1.0], [0.9, 0.01]), 3)
        (0.094, 0.01)
    """
    if not p_values:
        return 1.0
    nominal = np.log(np.maximum(_nominal_by_level(tuple(times)), 1e-300))
    levels = [
        np.interp(math.log(max(p, 1e-300)), nominal[:, look], np.log(_LEVELS), right=0.0) for look, p in enumerate(p_values)
    ]
    return float(math.exp(min(levels)))

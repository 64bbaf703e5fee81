"""The interval of a mean over runs against simulation, and against a bootstrap of clusters alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from model_lab.metrics._base import Components, mean_of, pool
from model_lab.metrics.statistics import Interval, interval, over_runs, resampled

COMPONENTS, MEAN = mean_of(lambda number: number)


def of_mean(runs: list[list[Components]], groups: list[str]) -> Interval:
    drawn = [resampled(MEAN, parts, groups, 300) for parts in runs]
    return interval(over_runs(drawn, [MEAN(pool(parts)) for parts in runs], len(groups)), len(groups))


def simulated(rng: np.random.Generator, of_runs: float, of_samples: float, n_runs: int = 3, n_groups: int = 20) -> Interval:
    """Truth 0: clusters vary by 1, runs by ``of_runs`` as a whole, and single answers by ``of_samples``."""
    clusters = rng.normal(0, 1, n_groups)
    runs = [clusters + rng.normal(0, of_runs) + rng.normal(0, of_samples, n_groups) for _ in range(n_runs)]
    return of_mean([[COMPONENTS(number) for number in run] for run in runs], [f"g{n:02}" for n in range(n_groups)])


@pytest.mark.parametrize(("of_runs", "of_samples"), [(0.0, 1.0), (0.3, 0.0), (0.1, 1.0), (1.0, 0.3)])
def test_the_interval_holds_the_truth_as_often_as_it_says(of_runs: float, of_samples: float) -> None:
    rng = np.random.default_rng(11)
    intervals = [simulated(rng, of_runs, of_samples) for _ in range(200)]
    covered = sum(each.low <= 0 <= each.high for each in intervals) / 200  # type: ignore[operator]
    assert covered >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / 200)


def test_equal_runs_add_nothing_and_spread_widens() -> None:
    rng = np.random.default_rng(2)
    numbers, groups = rng.normal(size=20), [f"g{n:02}" for n in range(20)]
    alone = interval(resampled(MEAN, [COMPONENTS(number) for number in numbers], groups, 300), 20)
    equal = of_mean([[COMPONENTS(number) for number in numbers]] * 3, groups)
    assert (equal.low, equal.high) == (pytest.approx(alone.low), pytest.approx(alone.high))
    spread = of_mean([[COMPONENTS(number + shift) for number in numbers] for shift in (-1, 0, 1)], groups)
    assert spread.high - spread.low > 1.5 * (alone.high - alone.low)  # type: ignore[operator]


def test_runs_that_differ_as_wholes_are_added_as_a_student_t() -> None:
    """Three runs with the values 0, 1 and 2 on every draw: s = 1, nothing is explained by clusters, and the scale is 1 / sqrt(3)."""
    drawn = over_runs([np.full(20000, float(number)) for number in range(3)], [0.0, 1.0, 2.0], 10)
    expected = 1 + stats.t(2).ppf([0.1, 0.5, 0.9]) / 3**0.5
    assert np.quantile(drawn, [0.1, 0.5, 0.9]) == pytest.approx(expected, abs=0.04)

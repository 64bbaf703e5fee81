"""Sample sizes against statsmodels and by simulation through the test of the reports."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from model_lab.metrics._base import mean_of
from model_lab.metrics.power import clusters_for_difference, clusters_for_half_width, upper_spread
from tests.paired_bootstrap import paired_bootstrap

COMPONENTS, MEAN = mean_of(lambda number: number)


@pytest.mark.parametrize("effect", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("power", [0.8, 0.95])
@pytest.mark.parametrize("pairs", [1, 10])
def test_clusters_are_those_of_a_paired_t_test(effect: float, power: float, pairs: int) -> None:
    """Exact power is of the noncentral t; the sum of two quantiles differs by a few clusters where they are few."""
    found = clusters_for_difference(effect, error=1 / math.sqrt(50), n_groups=50, power=power, pairs=pairs)
    exact = TTestPower().solve_power(effect_size=effect, alpha=0.05 / pairs, power=power)
    assert exact - 1 <= found <= exact + 4


def test_a_pilot_may_have_any_size() -> None:
    assert clusters_for_difference(0.01, 0.02, 100) == clusters_for_difference(0.01, 0.02 * math.sqrt(2), 50)


def test_limits() -> None:
    assert clusters_for_difference(10.0, 0.01, 10) == 6.0
    assert math.isinf(clusters_for_difference(1e-9, 1.0, 10))
    assert clusters_for_half_width(1.0, 0.5, 10) < 10


def test_a_half_width_is_reached_with_that_many() -> None:
    rng = np.random.default_rng(0)
    spread = 0.3

    def width(n: int) -> float:
        return float(stats.t.ppf(0.975, n - 1)) * spread / math.sqrt(n)

    for wanted in rng.uniform(0.01, 0.1, 20):
        n = clusters_for_half_width(wanted, width(30), 30)
        assert width(int(n)) <= wanted < width(int(n) - 1)


def test_the_upper_limit_of_a_pilots_spread_holds_in_four_of_five_pilots() -> None:
    rng = np.random.default_rng(0)
    pilots = rng.normal(0, 1, (4000, 10)).std(axis=1, ddof=1)
    assert np.mean(pilots * upper_spread(10) > 1) == pytest.approx(0.8, abs=0.02)


def test_with_that_many_clusters_the_test_of_the_reports_finds_it_in_four_of_five_repetitions() -> None:
    """200 repetitions: a power of .8 gives 160, and outside of 146 to 174 with a chance of 1 %."""
    difference, spread, rng = 0.1, 0.3, np.random.default_rng(5)
    n = int(clusters_for_difference(difference, spread / math.sqrt(1000), 1000))
    assert n == 73
    found = 0
    for _ in range(200):
        base = rng.normal(0.5, 0.2, n)
        other = base + rng.normal(difference, spread, n)
        test = paired_bootstrap(
            MEAN, [COMPONENTS(x) for x in other], [COMPONENTS(x) for x in base], [f"g{i:03}" for i in range(n)]
        )
        found += test.p is not None and test.p < 0.05
    low, high = stats.binom.ppf([0.005, 0.995], 200, 0.8)
    assert low <= found <= high

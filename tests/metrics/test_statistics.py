"""Intervals, tests and ranks against scipy, statsmodels, simulation and hand computation."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from model_lab.metrics import statistics
from model_lab.metrics._base import Components, mean_of, pool, ratio
from model_lab.metrics.statistics import (
    MIN_GROUPS_TO_COMPARE,
    bootstrap,
    difference,
    draw_clusters,
    holm,
    rank_groups,
    resampled,
)
from tests.paired_bootstrap import paired_bootstrap

COMPONENTS, MEAN = mean_of(lambda number: number)


def means(numbers: Any) -> list[Components]:
    return [COMPONENTS(number) for number in numbers]


def names(n: int) -> list[str]:
    return [f"g{index:04}" for index in range(n)]


def list_mean(pooled: Components) -> float:
    return float(np.mean(pooled["x"])) if pooled["x"] else math.nan


def simulated(rng: np.random.Generator, clusters: int, spread: float = 0.1) -> tuple[list[Components], list[str]]:
    """Error counts with truth 0.3 whose clusters differ in size and in level."""
    parts: list[Components] = []
    groups: list[str] = []
    for cluster in range(clusters):
        level = 0.3 + rng.normal(0, spread)
        for _ in range(int(rng.integers(2, 8))):
            n = float(rng.integers(5, 30))
            parts.append({"errors": n * (level + rng.normal(0, 0.1)), "n": n})
            groups.append(str(cluster))
    return parts, groups


def error_rate(pooled: Any) -> float:
    return ratio(pooled["errors"], pooled["n"])


def test_draws_hold_as_many_clusters_as_there_are() -> None:
    counts = draw_clusters(7, draws=50, seed=3)
    assert counts.shape == (50, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert (counts >= 0).all() and counts.max() > 1
    assert (counts == draw_clusters(7, draws=50, seed=3)).all()
    assert (counts != draw_clusters(7, draws=50, seed=4)).any()


def test_every_cluster_is_drawn_equally_often() -> None:
    counts = draw_clusters(5, draws=4000).sum(axis=0)
    assert stats.chisquare(counts).pvalue > 0.01


def test_interval_agrees_with_scipy_where_each_sample_is_a_cluster() -> None:
    numbers = np.random.default_rng(0).gamma(2.0, 1.0, 60)
    ours = bootstrap(MEAN, means(numbers), names(60), draws=20000)
    theirs = stats.bootstrap((numbers,), np.mean, n_resamples=20000, method="percentile", rng=1).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.02)
    assert ours.high == pytest.approx(theirs.high, abs=0.02)
    assert (ours.n_groups, ours.n_undefined, ours.note) == (60, 0, "")


def test_clusters_widen_the_interval_as_the_design_effect_says() -> None:
    """Ten copies of each number: as clusters the width stays, as single samples it shrinks by the root of ten."""
    numbers = np.random.default_rng(1).normal(size=40)
    copies, clusters = np.repeat(numbers, 10), np.repeat(names(40), 10).tolist()
    alone, clustered = (bootstrap(MEAN, means(n), g) for n, g in ((numbers, names(40)), (copies, clusters)))
    naive = bootstrap(MEAN, means(copies), names(400))
    assert clustered.low == pytest.approx(alone.low) and clustered.high == pytest.approx(alone.high)
    assert (naive.high - naive.low) / (clustered.high - clustered.low) == pytest.approx(10**-0.5, rel=0.1)  # type: ignore[operator]


def test_coverage_on_clustered_data_is_near_nominal() -> None:
    rng = np.random.default_rng(1)
    intervals = [bootstrap(error_rate, *simulated(rng, 40), draws=400) for _ in range(300)]
    covered = sum(interval.low <= 0.3 <= interval.high for interval in intervals) / len(intervals)  # type: ignore[operator]
    assert 0.91 <= covered <= 0.98


def test_few_clusters_cover_less_and_say_so() -> None:
    rng = np.random.default_rng(1)
    intervals = [bootstrap(error_rate, *simulated(rng, 4), draws=200) for _ in range(200)]
    covered = sum(interval.low <= 0.3 <= interval.high for interval in intervals) / len(intervals)  # type: ignore[operator]
    assert covered < 0.9
    assert {interval.note for interval in intervals} == {"only 4 groups: the interval may be too narrow"}


def test_lists_give_the_same_draws_as_sums() -> None:
    rng = np.random.default_rng(2)
    numbers, groups = rng.normal(size=50), [f"g{index % 9}" for index in range(50)]
    by_sum = resampled(MEAN, means(numbers), groups, draws=100)
    by_list = resampled(list_mean, [{"x": [number]} for number in numbers.tolist()], groups, draws=100)
    np.testing.assert_allclose(by_sum, by_list)


def test_sums_and_lists_mix_and_stay_aligned() -> None:
    parts: list[Components] = [{"n": 1.0, "x": [index], "y": [index * 10]} for index in range(6)]

    def value(pooled: Any) -> float:
        assert [x * 10 for x in pooled["x"]] == pooled["y"]
        assert pooled["n"] == len(pooled["x"]) == 6
        return float(sum(pooled["x"]))

    counts = draw_clusters(6, 30, 0)
    np.testing.assert_allclose(resampled(value, parts, names(6), draws=30), counts @ np.arange(6))


def test_a_component_missing_in_some_samples_counts_as_nothing() -> None:
    drawn = resampled(lambda pooled: float(pooled["a"]), [{"a": 1.0}, {"b": 1.0}], ["x", "y"], draws=20)  # type: ignore[arg-type]
    np.testing.assert_allclose(drawn, draw_clusters(2, 20, 0)[:, 0])


def test_one_cluster_has_no_interval() -> None:
    interval = bootstrap(MEAN, means([1.0, 2.0, 3.0]), ["a", "a", "a"])
    assert (interval.low, interval.high, interval.n_groups) == (None, None, 1)
    assert interval.note == "no interval: 1 group, at least 2 are needed"
    assert bootstrap(MEAN, [], []).note == "no interval: 0 groups, at least 2 are needed"


def test_undefined_draws_are_left_out_and_counted() -> None:
    """Only cluster 0 of three has the denominator: a draw without it, (2/3)^3 of them, is undefined."""
    parts: list[Components] = [{"errors": 1.0, "n": 2.0}, {"errors": 0.0, "n": 0.0}, {"errors": 0.0, "n": 0.0}]
    interval = bootstrap(error_rate, parts, ["a", "b", "c"])
    assert (interval.low, interval.high) == (0.5, 0.5)
    assert interval.n_undefined == pytest.approx(1000 * (2 / 3) ** 3, abs=60)
    assert f"undefined on {interval.n_undefined} of 1000 draws" in interval.note


@pytest.mark.parametrize("nothing", [math.nan, math.inf, -math.inf])
def test_no_interval_where_most_draws_are_undefined(nothing: float) -> None:
    interval = bootstrap(lambda pooled: nothing, means([1.0, 2.0]), ["a", "b"])
    assert (interval.low, interval.high, interval.n_undefined) == (None, None, 1000)
    assert "no interval: undefined on 1000 of 1000 draws" in interval.note


@given(st.lists(st.tuples(st.floats(-100, 100), st.integers(0, 5)), min_size=2, max_size=30))
@settings(max_examples=60, deadline=None)
def test_interval_lies_within_the_clusters_means(drawn: list[tuple[float, int]]) -> None:
    numbers, groups = [number for number, _ in drawn], [str(group) for _, group in drawn]
    interval = bootstrap(MEAN, means(numbers), groups, draws=50)
    if len(set(groups)) < 2:
        assert interval.low is None and interval.high is None
        return
    assert interval.low is not None and interval.high is not None
    assert min(numbers) - 1e-9 <= interval.low <= interval.high <= max(numbers) + 1e-9


@given(st.lists(st.tuples(st.integers(-100, 100), st.integers(0, 5)), min_size=2, max_size=20), st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_samples_does_not_matter(drawn: list[tuple[int, int]], random: Any) -> None:
    shuffled = list(drawn)
    random.shuffle(shuffled)
    one, other = (resampled(MEAN, means(n for n, _ in order), [str(g) for _, g in order], 20) for order in (drawn, shuffled))
    np.testing.assert_allclose(one, other)


def paired(shift: float, seed: int, n: int = 40) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    first = rng.normal(size=n)
    return first, first - shift + rng.normal(0, 0.5, n)


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.1, 0.15, 0.3])
@pytest.mark.parametrize("seed", range(5))
def test_paired_p_agrees_with_the_t_and_sign_flip_tests(shift: float, seed: int) -> None:
    first, second = paired(shift, seed)
    ours = paired_bootstrap(MEAN, means(first), means(second), names(40), draws=10000)
    assert ours.difference == pytest.approx(np.mean(first) - np.mean(second))
    t = stats.ttest_rel(first, second).pvalue
    flips = stats.permutation_test((first - second,), np.mean, permutation_type="samples", n_resamples=9999, rng=0).pvalue
    assert ours.p == pytest.approx(t, rel=0.1, abs=0.02)
    assert ours.p == pytest.approx(flips, rel=0.1, abs=0.02)


def test_false_alarms_are_near_nominal_with_many_clusters() -> None:
    systems = [[means(numbers) for numbers in paired(0.0, seed)] for seed in range(300)]
    found = [paired_bootstrap(MEAN, first, second, names(40), draws=400).p for first, second in systems]
    assert 0.02 <= sum(p < 0.05 for p in found if p is not None) / len(found) <= 0.09


@given(st.integers(0, 2**32 - 1), st.floats(-1, 1))
@settings(max_examples=60, deadline=None)
def test_p_is_small_just_when_the_interval_leaves_out_zero(seed: int, shift: float) -> None:
    drawn = np.random.default_rng(seed).normal(shift, 0.5, 999)
    found = difference(shift, drawn, 30)
    assert found.p is not None and found.low is not None and found.high is not None
    outside = found.low > 0 or found.high < 0
    assert (found.p < 0.05) == outside or found.p == pytest.approx(0.05, abs=0.0041)


def moved(share: float, n: int) -> float:
    """The two-sided p of a share of draws, with ``n`` clusters: a normal quantile read as one of Student's t."""
    return float(2 * stats.t.cdf(np.sqrt((n - 1) / n) * stats.norm.ppf(share), n - 1))


def test_p_by_hand() -> None:
    assert difference(1.0, np.array([-1.0] * 19 + [1.0] * 980), 20).p == pytest.approx(moved(20 / 1000, 20))
    assert difference(-1.0, np.array([1.0] * 49 + [-1.0] * 950), 20).p == pytest.approx(moved(50 / 1000, 20))
    assert difference(0.0, np.zeros(99), 20).p == 1.0
    assert difference(1.0, np.array([math.nan] * 10 + [-1.0] * 9 + [1.0] * 80), 5 + 15).p < moved(10 / 90, 20)


def test_a_large_difference_is_not_held_up_by_the_number_of_draws() -> None:
    rng = np.random.default_rng(4)
    numbers = rng.normal(3.0, 1.0, 12)
    found = paired_bootstrap(MEAN, means(numbers), means([0.0] * 12), names(12)).p
    expected = stats.ttest_1samp(numbers, 0.0).pvalue
    assert found is not None
    assert abs(np.log10(found) - np.log10(expected)) < 0.5


def test_a_constant_difference_is_as_sure_as_the_draws_can_say() -> None:
    assert paired_bootstrap(MEAN, means([1.0] * 12), means([2.0] * 12), names(12)).p == pytest.approx(2 / 1001)


@pytest.mark.parametrize("n", [6, 20, 1000])
def test_a_test_and_its_interval_agree(n: int) -> None:
    """The interval touches 0 where p passes .05, whatever the number of clusters."""
    drawn = np.random.default_rng(n).normal(size=100_000)
    low = difference(1.0, drawn, n).low
    assert statistics._two_sided(1.0 - low, drawn - low, n) == pytest.approx(0.05, abs=0.001)  # type: ignore[operator]


def test_many_clusters_need_no_expansion() -> None:
    found = difference(0.0, np.arange(1001.0), 100_000)
    assert (found.low, found.high) == pytest.approx((25.0, 975.0), abs=0.1)


def test_equal_systems_do_not_differ() -> None:
    numbers = means(np.random.default_rng(0).normal(size=30))
    found = paired_bootstrap(MEAN, numbers, numbers, names(30))
    assert (found.difference, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_swapping_the_systems_turns_the_sign(seed: int) -> None:
    first, second = paired(0.1, seed, n=20)
    one = paired_bootstrap(MEAN, means(first), means(second), names(20), draws=200)
    other = paired_bootstrap(MEAN, means(second), means(first), names(20), draws=200)
    assert one.p == other.p
    assert (one.difference, one.low, one.high) == pytest.approx((-other.difference, -other.high, -other.low))  # type: ignore[operator]


@pytest.mark.parametrize(("n", "note"), [(1, "at least 2"), (5, "at least 6")])
def test_no_test_on_too_few_clusters(n: int, note: str) -> None:
    found = paired_bootstrap(MEAN, means([1.0] * n), means([2.0] * n), names(n))
    assert found.p is None and note in found.note


def test_enough_clusters_are_those_with_which_a_sign_flip_test_could_tell() -> None:
    least = [stats.binomtest(n, n).pvalue for n in (MIN_GROUPS_TO_COMPARE - 1, MIN_GROUPS_TO_COMPARE)]
    assert least[0] > 0.05 > least[1]
    n = MIN_GROUPS_TO_COMPARE
    assert paired_bootstrap(MEAN, means([1.0] * n), means([2.0] * n), names(n)).p == pytest.approx(2 / 1001)


def test_holm_by_hand() -> None:
    """Sorted .01 .02 .03 .04 times 4 3 2 1 is .04 .06 .06 .04, made rising: .04 .06 .06 .06."""
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=20, deadline=None)
def test_holm_never_makes_p_smaller_and_keeps_the_order(p_values: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    corrected = holm(p_values)
    if p_values:
        assert corrected == pytest.approx(multipletests(p_values, method="holm")[1])
    for p, adjusted in zip(p_values, corrected, strict=True):
        assert p <= adjusted <= min(1.0, p * len(p_values)) + 1e-12
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(corrected)[order]) >= -1e-12).all()
    assert min(corrected) == pytest.approx(min(1.0, min(p_values) * len(p_values)))


def differ_by(gap: float) -> Callable[[float, float], bool]:
    return lambda leader, system: system - leader > gap


@pytest.mark.parametrize(
    ("systems", "gap", "ranks"),
    [
        ([], 1, []),
        ([1], 1, [1]),
        ([1, 1, 1], 1, [1, 1, 1]),
        ([1, 2, 3], 0.5, [1, 2, 3]),
        ([1, 2, 3, 4], 1.5, [1, 1, 2, 2]),  # 3 differs from 1, and 4 not from 3, though 3 does not differ from 2
    ],
)
def test_ranks_by_hand(systems: list[float], gap: float, ranks: list[int]) -> None:
    assert rank_groups(systems, differ_by(gap)) == ranks


def test_a_later_system_that_matches_the_first_leader_stays_in_its_group_of_the_list() -> None:
    """The third does not differ from the first, but comes after one that does: it is compared with that one."""
    assert rank_groups(["a", "b", "c"], lambda leader, system: (leader, system) == ("a", "b")) == [1, 2, 2]


@given(st.lists(st.floats(0, 10), max_size=15), st.floats(0, 5))
def test_ranks_are_a_partition_in_order(numbers: list[float], gap: float) -> None:
    systems = sorted(numbers)
    ranks = rank_groups(systems, differ_by(gap))
    assert len(ranks) == len(systems)
    assert all(after - before in (0, 1) for before, after in pairwise(ranks))
    for rank in set(ranks):
        members = [system for system, of in zip(systems, ranks, strict=True) if of == rank]
        assert not any(differ_by(gap)(members[0], member) for member in members[1:])


def test_the_pooled_value_is_inside_its_interval_on_ordinary_data() -> None:
    parts, groups = simulated(np.random.default_rng(5), 30)
    interval = bootstrap(error_rate, parts, groups)
    assert interval.low is not None and interval.high is not None
    assert interval.low < error_rate(pool(parts)) < interval.high


def test_the_documented_level_is_the_one_used() -> None:
    assert (statistics.LEVEL, statistics.DRAWS) == (0.95, 1000)
    found = difference(0.0, np.arange(1001.0), 30)
    level = 1000 * stats.norm.cdf(np.sqrt(30 / 29) * stats.t.ppf(0.025, 29))
    assert (found.low, found.high) == pytest.approx((level, 1000 - level))


def test_no_interval_from_the_few_draws_on_which_a_metric_is_defined() -> None:
    """The first of three clusters is drawn twice or more in 7 of 27 draws: too few to go by."""
    parts: list[Components] = [{"n": 1.0}, {"n": 0.0}, {"n": 0.0}]
    interval = bootstrap(lambda pooled: 1.0 if pooled["n"] >= 2 else math.nan, parts, ["a", "b", "c"])  # type: ignore[operator]
    assert (interval.low, interval.high) == (None, None)
    assert interval.n_undefined == pytest.approx(1000 * 20 / 27, abs=60)


@pytest.mark.parametrize("n", [10, 40])
def test_what_is_detectable_agrees_with_the_power_of_the_t_test(n: int) -> None:
    """Against statsmodels, which solves for the noncentral t: the two differ by little, most for few clusters."""
    from statsmodels.stats.power import TTestPower

    numbers = np.random.default_rng(n).normal(0.0, 1.0, n)
    found = paired_bootstrap(MEAN, means(numbers), means([0.0] * n), names(n), draws=20000).detectable
    expected = TTestPower().solve_power(nobs=n, alpha=0.05, power=0.8) * numbers.std(ddof=1)
    assert found == pytest.approx(expected, rel=0.03)


def test_nothing_is_detectable_where_nothing_can_be_tested() -> None:
    assert paired_bootstrap(MEAN, means([1.0] * 4), means([2.0] * 4), names(4)).detectable is None

"""Looks against the comparison of reports; decisions by hand and by simulation; which pairs ranks depend on."""

from __future__ import annotations

import gc
import importlib.util
import math
import sys
from itertools import combinations, pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from model_lab.metrics._base import Components, rate
from model_lab.metrics.looks import (
    Decision,
    PairLook,
    chance_to_decide,
    decide,
    look,
    repeated_interval,
    schedule,
    undecided,
    verdict_of,
)
from model_lab.metrics.sequential import ALPHA
from tests.paired_bootstrap import paired_bootstrap

ERROR_RATE = rate("errors", of="n")


def counts(rng: np.random.Generator, level: float, n: int = 40) -> list[Components]:
    return [{"errors": float(rng.binomial(20, level)), "n": 20.0} for _ in range(n)]


def at(time: float, difference: float, error: float = 0.01, n: int = 100, differing: int = 100) -> PairLook:
    return PairLook(time, difference, error, n, differing)


def made(verdict: str) -> Decision:
    return Decision(verdict, 0.01, 0.01, 0.0, 0.0, 1)  # type: ignore[arg-type]


def test_a_look_has_the_difference_and_error_of_a_comparison() -> None:
    rng = np.random.default_rng(1)
    first, second = counts(rng, 0.1), counts(rng, 0.2)
    groups = [f"g{number // 2:02}" for number in range(40)]
    expected = paired_bootstrap(ERROR_RATE, first, second, groups)
    [(pair, found)] = look(ERROR_RATE, {"a": first, "b": second}, groups, 0.5).items()
    assert (pair, found.n_groups) == (("a", "b"), 20)
    assert (found.difference, found.error) == (expected.difference, expected.error)
    p = 2 * stats.t.sf(abs(found.difference) / found.error, 19)
    assert found.p(abs(found.difference)) == pytest.approx(p)


def test_clusters_on_which_systems_differ_are_counted_and_limit_p() -> None:
    rng = np.random.default_rng(1)
    first = counts(rng, 0.1, 30)
    second = [{"errors": part["errors"] + (number < 4), "n": 20.0} for number, part in enumerate(first)]  # type: ignore[operator]
    [found] = look(ERROR_RATE, {"a": first, "b": second}, [f"g{n}" for n in range(30)], 1.0).values()
    assert found.n_differing == 4 and found.p(abs(found.difference)) >= 0.125
    [same] = look(ERROR_RATE, {"a": first, "b": first}, [f"g{n}" for n in range(30)], 1.0).values()
    assert (same.error, same.n_differing) == (0.0, 0)
    assert {decide({("a", "b"): [same]}, False, 0.5)["a", "b"].verdict} == {"open"}  # nothing is known of how they differ


def test_few_clusters_and_undefined_values_give_no_look() -> None:
    rng = np.random.default_rng(1)
    parts = {"a": counts(rng, 0.1, 5), "b": counts(rng, 0.1, 5)}
    assert look(ERROR_RATE, parts, list("abcde"), 1.0) == {}
    undefined: list[Components] = [{"errors": 1.0, "n": 0.0}] * 8
    assert look(ERROR_RATE, {"a": undefined, "b": undefined}, list("abcdefgh"), 1.0) == {}


@pytest.mark.parametrize("higher", [True, False])
def test_a_verdict_has_a_direction_and_the_look_that_made_it(higher: bool) -> None:
    looks = {("a", "b"): [at(0.25, 0.02), at(0.5, 0.06), at(1.0, 0.05)]}
    found = decide(looks, higher)["a", "b"]
    assert (found.verdict, found.decided_at) == ("better" if higher else "worse", 2)


def test_alike_is_an_interval_within_the_margin_and_a_difference_counts_first() -> None:
    near = [at(1.0, 0.001, error=0.002)]
    assert decide({("a", "b"): near}, True, 0.01)["a", "b"].verdict == "within margin"
    assert decide({("a", "b"): near}, True, 0.004)["a", "b"].verdict == "open"
    assert decide({("a", "b"): near}, True, None)["a", "b"].verdict == "open"
    assert decide({("a", "b"): [at(1.0, 0.006, error=0.001)]}, True, 0.01)["a", "b"].verdict == "better"
    low, high = repeated_interval(near)
    assert (low, high) == pytest.approx((0.001 - 1.984 * 0.002, 0.001 + 1.984 * 0.002), abs=1e-5)


def test_pairs_are_corrected_together_and_those_without_looks_too() -> None:
    alone = {("a", "b"): [at(1.0, 0.0225)]}
    assert decide(alone, True)["a", "b"].verdict == "better"
    many = {**alone, ("a", "c"): [], ("b", "c"): []}
    found = decide(many, True)
    assert found["a", "b"].p == pytest.approx(3 * decide(alone, True)["a", "b"].p)
    assert found["a", "b"].verdict == found["a", "c"].verdict == "open"
    assert repeated_interval([]) == (-math.inf, math.inf)


def test_ranks_depend_on_neighbours_and_leaders() -> None:
    order = ["a", "b", "c", "d"]
    assert undecided(order, {}) == [("a", "b"), ("a", "c"), ("b", "c"), ("a", "d"), ("c", "d")]
    first = {("a", "b"): made("within margin"), ("c", "a"): made("worse"), ("b", "c"): made("better"), ("c", "d"): made("open")}
    assert undecided(order, first) == [("c", "d")]
    assert verdict_of(("a", "c"), first) == "better"
    assert undecided([], {}) == undecided(["a"], {}) == []


@pytest.mark.parametrize("clusters", [1, 5, 6, 15, 16, 17, 127, 128, 1000, 99_999])
def test_looks_double_up_to_all_clusters(clusters: int) -> None:
    sizes = schedule(clusters)
    assert sizes[-1] == clusters and len(sizes) <= 5 and (len(sizes) == 1 or sizes[0] >= 8)
    assert all(later in (2 * size, 2 * size - 1) for size, later in pairwise(sizes))


@pytest.mark.parametrize(("difference", "margin"), [(0.02, None), (0.005, None), (0.0, 0.02), (0.01, 0.03)])
def test_the_chance_of_a_decision_is_what_simulation_says(
    difference: float, margin: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second half of the data is drawn around what the first half showed: 200 times, so within 10 points."""
    monkeypatch.setattr(gc, "collect", lambda: 0)  # statsmodels collects garbage at every correction
    now, n = at(0.5, difference, n=10_000, differing=10_000), 10_000
    error = now.error * math.sqrt(0.5)
    ends = now.difference + np.random.default_rng(0).normal(0, error * math.sqrt(0.5), 200)
    decided = [
        decide({("a", "b"): [now, at(1.0, float(end), error, n, n)]}, True, margin)["a", "b"].verdict != "open" for end in ends
    ]
    assert chance_to_decide([now], 1.0, margin) == pytest.approx(np.mean(decided), abs=0.1)
    assert chance_to_decide([], 1.0, margin) == 0.0


def _looks(differences: np.ndarray, sizes: list[int]) -> list[PairLook]:
    return [
        at(size / sizes[-1], float(seen.mean()), float(seen.std(ddof=1) / math.sqrt(size)), size, size)
        for size in sizes
        for seen in [differences[:size]]
    ]


def test_many_looks_at_equal_systems_find_no_more_than_5_of_100_different(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 300 tables of three equal systems; a plain test at every look finds far more. benchmarks/sequential_errors.py is the long version."""
    monkeypatch.setattr(gc, "collect", lambda: 0)  # statsmodels collects garbage at every correction
    rng = np.random.default_rng(3)
    sizes, wrong, plain = schedule(128), 0, 0
    for _ in range(300):
        systems = rng.normal(0, 1, (3, 128)) + rng.normal(0, 1, 128)
        looks = {(str(i), str(j)): _looks(systems[i] - systems[j], sizes) for i, j in combinations(range(3), 2)}
        wrong += any(found.verdict in ("better", "worse") for found in decide(looks, True).values())
        plain += min(each.p(abs(each.difference)) for pair in looks.values() for each in pair) < ALPHA / 3
    limit = stats.binom.isf(0.01, 300, ALPHA)
    assert wrong <= limit < plain


def test_few_systems_apart_by_the_margin_are_called_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "collect", lambda: 0)
    rng = np.random.default_rng(4)
    sizes, wrong = schedule(128), 0
    for _ in range(300):
        looks = {("a", "b"): _looks(rng.normal(0.2, 0.6, 128), sizes)}
        wrong += decide(looks, True, 0.2)["a", "b"].verdict == "within margin"
    assert 0 < wrong <= stats.binom.isf(0.01, 300, ALPHA)


@pytest.fixture
def benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks/sequential_errors.py"
    spec = importlib.util.spec_from_file_location("sequential_errors", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["sequential_errors"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_benchmark_runs_the_real_looks(benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "collect", lambda: 0)
    monkeypatch.setattr(benchmark, "MANY", 2000)
    tally = benchmark.simulate(benchmark.Scenario("far apart", (0.1, 0.2)), 20, 0)
    assert not any(tally.different) and np.mean(tally.decided) == 1.0 and np.mean(tally.used) < 0.6
    tally = benchmark.simulate(benchmark.Scenario("equal", (0.1, 0.1)), 40, 0)
    assert sum(tally.different) <= stats.binom.isf(0.01, 40, ALPHA)

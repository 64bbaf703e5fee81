"""Slices against hand computation, two-sample tests of scipy, and simulation of their false alarms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from model_lab.analysis.slices import MIN_CLUSTERS, Sliced, sliced
from model_lab.metrics._base import Components, Metric, mean_of, rate

COMPONENTS, MEAN = mean_of(lambda number: number)
ERROR = Metric(
    "error", "error rate", "ratio", False, 0.0, math.inf, 1, "", lambda *a: {}, rate("errors", of="words"), evidence=("words",)
)
SCORE = Metric("score", "score", "", True, math.inf, -math.inf, 1, "", COMPONENTS, MEAN, evidence=("n",))


def errors(of: float, words: float = 10.0) -> Components:
    return {"errors": of, "words": words}


def by(found: Sliced) -> dict[str, Any]:
    return {each.name: each for each in found.slices}


def test_slices_pool_their_own_samples() -> None:
    """Slice a: 1 + 3 errors in 10 + 30 words = 10 %; b: 5 in 20 = 25 %, also where a sample without words is left out."""
    parts = [errors(1), errors(3, 30), errors(5, 20), errors(0, 0)]
    found = sliced("noise", ["a", "b", "c"], ["a", "a", "b", "b"], parts, ["1", "2", "3", "4"], ERROR)
    assert [(each.name, each.value, each.n_samples, each.n_groups) for each in found.slices] == [
        ("a", 0.1, 2, 2),
        ("b", 0.25, 1, 1),
    ]
    assert by(found)["b"].low is None and not by(found)["b"].judged
    assert f"1 of the {MIN_CLUSTERS} clusters" in by(found)["b"].note
    assert found.gap is None and found.worst == "" and "no verdict" in found.note


def test_the_gap_is_between_the_worst_and_the_best_slice_with_enough_clusters() -> None:
    rates = {"low": 1, "middle": 2, "high": 4, "rare": 9}
    clusters = {"low": 8, "middle": 8, "high": 8, "rare": 3}
    rows = [(name, f"{name}{n}", rates[name] + n % 2) for name, count in clusters.items() for n in range(count)]
    found = sliced("accent", list(rates), [r[0] for r in rows], [errors(r[2]) for r in rows], [r[1] for r in rows], ERROR)
    gap = found.gap
    assert gap is not None and (gap.best, gap.worst, gap.n_pairs) == ("low", "high", 3)
    assert gap.difference == pytest.approx(0.3) and gap.low is not None and gap.low < 0.3 < gap.high  # type: ignore[operator]
    assert gap.significant and found.worst == "high"
    assert by(found)["rare"].value == pytest.approx(28 / 30) and not by(found)["rare"].judged


def test_a_higher_score_is_better_where_the_metric_says_so() -> None:
    rows = [(name, 10.0 * (name == "good") + n % 3) for name in ("good", "bad") for n in range(9)]
    parts = [COMPONENTS(number) for _, number in rows]
    found = sliced("x", ["good", "bad"], [name for name, _ in rows], parts, list(map(str, range(18))), SCORE)
    assert found.gap is not None and (found.gap.best, found.gap.worst) == ("good", "bad")
    assert found.gap.difference == pytest.approx(-10.0)


def test_slices_that_share_clusters_are_compared_on_the_same_draws() -> None:
    """Every speaker is 1 worse in noise, whatever the speaker: the slices are wide, their difference is exact."""
    rng = np.random.default_rng(0)
    levels = rng.normal(0, 10, 12)
    rows = [(noise, f"s{n}", levels[n] - (noise == "loud")) for noise in ("quiet", "loud") for n in range(12)]
    parts = [COMPONENTS(number) for *_, number in rows]
    found = sliced("noise", ["quiet", "loud"], [r[0] for r in rows], parts, [r[1] for r in rows], SCORE)
    quiet = by(found)["quiet"]
    assert quiet.high - quiet.low > 5
    assert found.gap is not None and found.gap.significant
    assert (found.gap.low, found.gap.high) == (pytest.approx(-1), pytest.approx(-1))


def test_the_gap_of_separate_clusters_agrees_with_the_test_of_welch() -> None:
    rng = np.random.default_rng(3)
    one, two = rng.normal(0, 1, 30), rng.normal(0.6, 2, 45)
    parts = [COMPONENTS(number) for number in [*one, *two]]
    found = sliced("x", ["one", "two"], ["one"] * 30 + ["two"] * 45, parts, list(map(str, range(75))), SCORE)
    theirs = stats.ttest_ind(one, two, equal_var=False)
    ends = theirs.confidence_interval()
    assert found.gap is not None and found.gap.p == pytest.approx(theirs.pvalue, abs=0.05)
    assert sorted([abs(found.gap.low), abs(found.gap.high)]) == pytest.approx(sorted([abs(ends.low), abs(ends.high)]), abs=0.15)  # type: ignore[arg-type]


def simulated(rng: np.random.Generator, shared: bool, clusters: int, slices: int = 4) -> Sliced:
    """Slices without any difference; ``clusters`` in each, of unequal size and level."""
    names = [f"v{n}" for n in range(slices)]
    slice_of: list[str] = []
    parts: list[Components] = []
    groups: list[str] = []
    for cluster in range(clusters if shared else clusters * slices):
        level = rng.normal(0.3, 0.1)
        for name in names if shared else [names[cluster % slices]]:
            for _ in range(int(rng.integers(1, 5))):
                words = float(rng.integers(5, 30))
                slice_of.append(name)
                parts.append({"errors": words * (level + rng.normal(0, 0.1)), "words": words})
                groups.append(str(cluster))
    return sliced("x", names, slice_of, parts, groups, ERROR)


def alarms(simulations: int, shared: bool, clusters: int) -> tuple[float, float]:
    """How often there is a gap although there is none, and how often its interval holds 0."""
    rng = np.random.default_rng(7)
    gaps = [gap for _ in range(simulations) if (gap := simulated(rng, shared, clusters).gap)]
    assert len(gaps) == simulations
    covered = [gap.low <= 0 <= gap.high for gap in gaps if gap.low is not None and gap.high is not None]
    return sum(gap.significant for gap in gaps) / simulations, sum(covered) / simulations


@pytest.mark.parametrize("simulations", [80, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("shared", [False, True], ids=["clusters in one slice", "clusters in all slices"])
@pytest.mark.parametrize("clusters", [MIN_CLUSTERS, 20])
def test_false_alarms_are_at_most_nominal(simulations: int, shared: bool, clusters: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """4 slices, 6 pairs: at most 5 % may find a gap where there is none, give or take three standard errors of the simulation."""
    monkeypatch.setattr("model_lab.analysis.slices.DRAWS", 200)
    found, covered = alarms(simulations, shared, clusters)
    tolerance = 3 * math.sqrt(0.05 * 0.95 / simulations)
    assert found <= 0.05 + tolerance
    assert covered >= 0.95 - tolerance

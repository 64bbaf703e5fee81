"""Means over datasets against simulation, and pooled pairs on tables made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from model_lab.analysis.doing_nothing import CountedRow
from model_lab.analysis.pooled_pairs import indexed, pooled_pairs
from model_lab.analysis.pooling import Estimate, mean
from model_lab.capabilities._grading import Grading
from tests.analysis.hand_made import difference, row, table

VALUE = Grading((0.05, 0.1, 0.2, 0.4))


def interval_of(values: np.ndarray) -> Estimate:
    half = student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    middle = float(values.mean())
    return Estimate(middle, middle - half, middle + half, len(values))


def test_intervals_of_a_mean_cover_it() -> None:
    """Nominal 95 %; 2,000 simulations of datasets of 8 and 20 clusters with different spread and weight: 95 % +- 1.4 points."""
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(2000):
        small, large = interval_of(rng.normal(0.2, 0.3, 8)), interval_of(rng.normal(-0.1, 0.1, 20))
        found = mean([(small, 0.5), (large, 1.0)])
        assert found.low is not None and found.high is not None
        covered += found.low <= (0.5 * 0.2 - 0.1) / 1.5 <= found.high
    assert covered / 2000 == pytest.approx(0.95, abs=0.014)


def test_the_test_of_a_mean_keeps_its_level() -> None:
    """2,000 simulations without a difference: p < .05 in 5 % +- 1.4 points of them."""
    rng = np.random.default_rng(8)
    found = [mean([(interval_of(rng.normal(0, 1, 10)), 1.0), (interval_of(rng.normal(0, 3, 12)), 0.5)]).p for _ in range(2000)]
    assert sum(p is not None and p < 0.05 for p in found) / 2000 == pytest.approx(0.05, abs=0.014)


def test_a_dataset_without_an_interval_counts_only_alone() -> None:
    alone, other = Estimate(0.9, None, None, 1), Estimate(0.2, 0.1, 0.3, 20)
    assert mean([(alone, 1.0), (other, 1.0)]) == other
    both = mean([(alone, 1.0), (Estimate(0.5, None, None, 1), 3.0)])
    assert (both.value, both.low, both.p, both.n_datasets) == (pytest.approx(0.6), None, None, 2)


def test_few_clusters_together_allow_no_test() -> None:
    few = Estimate(0.5, 0.4, 0.6, 2)
    assert mean([(few, 1.0), (few, 1.0)]).p is None
    assert mean([(few, 1.0), (few, 1.0), (few, 1.0)]).p is not None


def test_a_difference_that_never_varies_is_as_significant_as_the_bootstrap_can_say() -> None:
    fixed = Estimate(1.0, 1.0, 1.0, 10)
    assert mean([(fixed, 1.0), (fixed, 1.0)]).p == pytest.approx(2 / 1001)
    nothing = Estimate(0.0, 0.0, 0.0, 10)
    assert mean([(nothing, 1.0), (nothing, 1.0)]).p == 1.0


def test_scaling_turns_an_interval_round() -> None:
    assert Estimate(-0.2, -0.3, -0.1, 20).scaled(-2) == Estimate(0.4, 0.2, 0.6, 20)


def test_pairs_are_averaged_over_the_datasets_that_count_for_both() -> None:
    """WER 2 and 4 points lower on datasets of weight 1 and 0.5: (2 + 4 / 2) / 1.5 = 2.67 points."""
    one = table(row("a", 0.02), row("b", 0.04), name="one", differences=(difference("a", "b", 0.02),))
    two = table(row("a", 0.04), row("b", 0.08), name="two", differences=(difference("a", "b", 0.04),))
    own = table(row("a", 0.5), row("b", 0.1), name="own", differences=(difference("b", "a", 0.4),))
    counted = {
        "a": [CountedRow(one, one.rows[0], 1.0), CountedRow(two, two.rows[0], 0.5), CountedRow(own, own.rows[0], 1.0)],
        "b": [CountedRow(one, one.rows[1], 1.0), CountedRow(two, two.rows[1], 0.5)],
    }
    [pair] = pooled_pairs(counted, indexed([one, two, own]), VALUE, 0.0).values()
    assert (pair.better, pair.worse, pair.ahead, pair.behind) == ("a", "b", ("one", "two"), ())
    assert pair.difference.value == pytest.approx(0.04 / 1.5)
    assert pair.beats("a", "b") and not pair.beats("b", "a")


def test_models_that_share_no_dataset_are_no_pair() -> None:
    one, two = table(row("a", 0.02), name="one"), table(row("b", 0.04), name="two")
    counted = {"a": [CountedRow(one, one.rows[0], 1.0)], "b": [CountedRow(two, two.rows[0], 1.0)]}
    assert pooled_pairs(counted, indexed([one, two]), VALUE, 0.0) == {}

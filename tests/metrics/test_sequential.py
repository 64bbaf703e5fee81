"""Boundaries against published tables and scipy's multivariate normal; sequential p values against their definition."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from model_lab.metrics.sequential import ALPHA, boundaries, crossing, nominal_levels, sequential_p, spent

TIMES = [(0.2, 0.4, 0.6, 0.8, 1.0), (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0), (0.5, 1.0), (0.3, 0.31, 0.9)]


@pytest.mark.parametrize(
    ("looks", "published"),
    [
        (2, [2.963, 1.969]),
        (3, [3.710, 2.511, 1.993]),
        (4, [4.333, 2.963, 2.359, 2.014]),
        (5, [4.877, 3.357, 2.680, 2.290, 2.031]),
    ],
)
def test_the_boundaries_of_lan_and_demets_are_the_published_ones(looks: int, published: list[float]) -> None:
    times = np.arange(1, looks + 1) / looks
    assert boundaries(times.tolist()) == pytest.approx(published, abs=2e-3)


@pytest.mark.parametrize("bounds", [(4.562, 3.226, 2.634, 2.281, 2.040), (2.413,) * 5])
def test_the_published_boundaries_of_obrien_and_fleming_and_of_pocock_are_crossed_in_5_of_100(bounds: tuple[float, ...]) -> None:
    assert crossing(TIMES[0], bounds).sum() == pytest.approx(0.05, abs=2e-4)


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_staying_within_is_what_the_multivariate_normal_says(alpha: float) -> None:
    times = np.array([0.25, 0.5, 1.0])
    covariance = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    bounds = boundaries(times.tolist(), alpha)
    within = stats.multivariate_normal(cov=covariance).cdf(bounds, lower_limit=-bounds)
    assert 1 - within == pytest.approx(alpha, abs=2e-4)


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("alpha", [0.3, ALPHA, 0.001])
def test_each_look_spends_what_is_due(times: tuple[float, ...], alpha: float) -> None:
    found = np.cumsum(crossing(times, boundaries(times, alpha).tolist()))
    assert found == pytest.approx([spent(alpha, time) for time in times], rel=1e-6, abs=1e-15)


@pytest.mark.parametrize("times", TIMES)
def test_a_higher_level_is_a_higher_level_at_every_look(times: tuple[float, ...]) -> None:
    """What lets Holm's method correct sequential p values (Maurer and Bretz 2013)."""
    levels = np.array([nominal_levels(times, alpha) for alpha in np.geomspace(1e-6, 0.9, 60)])
    assert (np.diff(levels, axis=0) > 0).all()


@given(st.sampled_from(TIMES), st.data(), st.sampled_from([ALPHA, 0.02, 0.2]))
def test_a_sequential_p_is_below_a_level_where_a_look_is_below_its_own(
    times: tuple[float, ...], data: st.DataObject, alpha: float
) -> None:
    looked = data.draw(st.integers(1, len(times)))
    p_values = data.draw(st.lists(st.floats(1e-12, 1.0), min_size=looked, max_size=looked))
    nominal = nominal_levels(times[:looked], alpha)
    crossed = any(p < level * 0.98 for p, level in zip(p_values, nominal, strict=True))
    clear = all(p > level for p, level in zip(p_values, nominal, strict=True))
    found = sequential_p(times[:looked], p_values)
    assert 0 <= found <= 1
    assert not crossed or found < alpha
    assert not clear or found >= alpha * (1 - 1e-9)


@given(st.sampled_from(TIMES), st.lists(st.floats(1e-12, 1.0), min_size=2, max_size=3))
def test_another_look_never_raises_it(times: tuple[float, ...], p_values: list[float]) -> None:
    p_values = p_values[: len(times)]
    found = [sequential_p(times[:n], p_values[:n]) for n in range(len(p_values) + 1)]
    assert found[0] == 1.0 and all(later <= earlier for earlier, later in pairwise(found))


def test_nothing_is_significant_where_nothing_may_be_spent() -> None:
    assert np.isinf(boundaries([0.001, 1.0])[0])
    assert sequential_p([0.001], [1e-10]) > ALPHA

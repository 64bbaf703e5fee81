from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.calibration import calibration_curve

from model_lab.metrics import calibration
from model_lab.metrics._base import pool
from model_lab.metrics.labels import ClassTruth
from model_lab.metrics.speaker import Trial
from model_lab.types import Label

PETS = ClassTruth("dog", {"dog": ("Bark",), "cat": ("Meow",)})
answers = st.lists(st.tuples(st.floats(0.001, 1), st.booleans()), min_size=1, max_size=60)
trials = st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=2, max_size=25).filter(
    lambda rows: len({same for same, _ in rows}) == 2
)


@given(answers)
def test_the_calibration_error_is_that_of_scikit_learns_curve(rows):
    confidence, right = (np.array(side, float) for side in zip(*rows, strict=True))
    edges = np.linspace(0, 1, calibration.BINS + 1)
    confidence = np.where(np.isclose(confidence[:, None], edges).any(axis=1), confidence * 0.999 + 0.0005, confidence)
    share, mean = calibration_curve(right, confidence, n_bins=calibration.BINS)
    sizes = np.histogram(confidence, edges)[0]
    expected = (np.abs(share - mean) * sizes[sizes > 0]).sum() / len(confidence)
    assert calibration.calibration_error({"confidence": confidence, "right": right}) == pytest.approx(expected)


def test_only_a_distribution_counts():
    for scores in ([], [Label("Bark", 1.0)], [Label("Bark", 0.9), Label("Meow", 0.8)]):
        assert not calibration.CALIBRATION_ERROR.counts(calibration.confidence_components(PETS, scores))
    counted = calibration.confidence_components(PETS, [Label("Meow", 0.625), Label("Bark", 0.375)])
    assert counted == {"confidence": [0.625], "right": [False]} and calibration.CALIBRATION_ERROR.counts(counted)
    several = ClassTruth("dog", {"dog": (), "cat": ()}, others=("cat",))
    assert calibration.confidence_components(several, [Label("cat", 0.5), Label("dog", 0.5)])["right"] == [True]


@given(trials)
def test_the_minimum_is_below_every_monotonic_calibration(rows):
    same, scores = np.array([same for same, _ in rows]), np.array([score for _, score in rows], float)
    least = calibration.minimum_ratio_cost(same, scores)

    def affine(parameters):
        return calibration.ratio_cost(same, parameters[0] ** 2 * scores + parameters[1])

    best = minimize(affine, [0.5, 0.0], method="Nelder-Mead").fun
    assert -1e-12 <= least <= best + 1e-9 and least <= 1 + 1e-12


def test_the_minimum_by_hand():
    """Scores 0 < 1 < 2 of other, same, other, and same at 3: the middle two are one block with posterior 1/2."""
    same, scores = np.array([False, True, False, True]), np.array([0.0, 1.0, 2.0, 3.0])
    assert calibration.minimum_ratio_cost(same, scores) == pytest.approx((0 + 1 + 0 + 1) / 4)


def _trials(shift: float, seed: int) -> list[tuple[Trial, float]]:
    rng = np.random.default_rng(seed)
    kinds = rng.random(800) < 0.5
    return [(Trial(bool(same), f"speaker {index % 40}"), float(rng.normal(shift * same))) for index, same in enumerate(kinds)]


def test_the_cost_is_near_the_minimum_for_scores_that_only_need_a_scale():
    pooled = pool(calibration.CLLR.components(trial, 100 * score) for trial, score in _trials(3.0, 1))
    least, cost = calibration.MIN_CLLR.value(pooled), calibration.CLLR.value(pooled)
    assert 0.2 < least <= cost < least + 0.05


def test_scores_that_say_nothing_cost_one_bit():
    pooled = pool(calibration.CLLR.components(trial, score) for trial, score in _trials(0.0, 2))
    assert calibration.CLLR.value(pooled) == pytest.approx(1.0, abs=0.02)
    constant = pool(calibration.CLLR.components(trial, 0.0) for trial, _ in _trials(0.0, 2))
    assert calibration.CLLR.value(constant) == pytest.approx(1.0) and calibration.MIN_CLLR.value(constant) == pytest.approx(1.0)


def test_trials_of_one_kind_have_no_value():
    one = pool(calibration.CLLR.components(Trial(True, "ann"), 0.5) for _ in range(3))
    assert math.isnan(calibration.CLLR.value(one)) and math.isnan(calibration.MIN_CLLR.value(one))

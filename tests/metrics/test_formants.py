from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.metrics import formants
from model_lab.metrics._base import pool
from model_lab.types import Formants

METRICS = (
    formants.F1_F2_ERROR,
    formants.F1_ERROR,
    formants.F2_ERROR,
    formants.F3_ERROR,
    formants.RELATIVE_ERROR,
)


def track(rows) -> Formants:
    values = np.array(rows, np.float32)
    return Formants(np.arange(len(values), dtype=np.float32) / 100, values)


def truth(*values) -> np.ndarray:
    return np.array(values, np.float32)


hertz = st.sampled_from([300.0, 500.0, 510.0, 900.0, 1500.0, 2500.0, math.nan])
tracks = st.lists(st.tuples(hertz, hertz, hertz), min_size=1, max_size=9)


@given(st.lists(st.tuples(tracks, st.tuples(*(st.floats(200, 4000) for _ in range(3)))), min_size=1, max_size=5))
def test_values_agree_with_a_plain_reckoning(vowels):
    def middle(values):
        ordered = sorted(values)
        return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2

    errors, shares = {1: [], 2: [], 3: []}, {1: [], 2: [], 3: []}
    for rows, exact in vowels:
        for number, wanted in enumerate(truth(*exact).tolist(), 1):
            known = [row[number - 1] for row in rows if not math.isnan(row[number - 1])]
            errors[number].append(abs((middle(known) if known else 0.0) - wanted))
            shares[number].append(errors[number][-1] / wanted)
    pooled = pool(formants.error_components(truth(*exact), track(rows)) for rows, exact in vowels)
    expected = (
        middle(errors[1] + errors[2]),
        *(middle(errors[n]) for n in (1, 2, 3)),
        middle([*shares[1], *shares[2], *shares[3]]),
    )
    assert [metric.value(pooled) for metric in METRICS] == pytest.approx(expected)


@given(st.lists(st.floats(200, 4000), min_size=3, max_size=3, unique=True), st.integers(1, 20))
def test_the_truth_has_no_error_however_long_the_track(values, frames):
    exact = truth(*sorted(values))
    for metric in METRICS:
        assert metric.score(exact, track([exact] * frames)) == metric.best == 0


def test_a_formant_never_found_costs_its_whole_frequency():
    exact = truth(500, 1500, 2500)
    for nothing in (track([[math.nan] * 3] * 4), Formants(np.zeros(0, np.float32), np.zeros((0, 0), np.float32))):
        assert [metric.score(exact, nothing) for metric in METRICS] == [1000, 500, 1500, 2500, 1]
    assert formants.F3_ERROR.score(exact, track([[500, 1500]])) == 2500


def test_frames_without_it_are_left_out_of_a_formants_median():
    answer = track([[500, math.nan], [500, 1500], [900, math.nan], [500, math.nan]])
    assert formants.median_formants(answer, 2).tolist() == [500, 1500]


def test_a_third_formant_that_the_truth_lacks_is_not_asked_about():
    assert math.isnan(formants.F3_ERROR.score(truth(500, 1500), track([[500, 1500, 2500]])))
    assert formants.RELATIVE_ERROR.score(truth(500, 1500), track([[550, 1500, 9]])) == pytest.approx(0.05)


def test_one_vowel_far_off_does_not_move_the_median():
    near = [formants.error_components(truth(500, 1500), track([[510, 1510]])) for _ in range(4)]
    far = formants.error_components(truth(500, 1500), track([[1500, 2500]]))
    assert formants.F1_F2_ERROR.value(pool([*near, far])) == 10

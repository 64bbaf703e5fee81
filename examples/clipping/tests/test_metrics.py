"""The metrics by numbers that one can check by hand."""

import pytest
from model_lab_example_clipping.answers import ClippedRegion
from model_lab_example_clipping.metrics import F1, REGIONS_FOUND

REFERENCE = (ClippedRegion(1.0, 2.0, 1.0), ClippedRegion(3.0, 3.5, 1.0))


def test_half_of_the_time_is_found() -> None:
    answer = [ClippedRegion(1.25, 2.0, 1.0)]
    assert F1.score(REFERENCE, answer) == pytest.approx(2 * 0.75 / (1.5 + 0.75))
    assert REGIONS_FOUND.score(REFERENCE, answer) == 0.5


def test_the_truth_is_perfect_and_nothing_is_worth_nothing() -> None:
    assert (F1.score(REFERENCE, list(REFERENCE)), F1.score(REFERENCE, [])) == (1.0, 0.0)

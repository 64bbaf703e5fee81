"""The arithmetic of blame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.pipelines import shapley

STAGES = ("vad", "asr", "diarization")
numbers = st.floats(-10, 10)
tables = st.integers(1, 3).flatmap(
    lambda count: st.fixed_dictionaries(dict.fromkeys(shapley.coalitions(STAGES[:count]), numbers))
)


@given(tables)
def test_shares_sum_up_to_the_error(errors):
    total = errors[shapley.NONE_REPLACED] - shapley.residual(errors)
    assert sum(shapley.share(errors, stage) for stage in shapley.all_stages(errors)) == pytest.approx(total, abs=1e-9)
    alone = sum(shapley.alone(errors, stage) for stage in shapley.all_stages(errors))
    assert alone + shapley.interaction(errors) == pytest.approx(total, abs=1e-9)


@given(numbers, numbers, numbers, numbers)
def test_stages_that_do_the_same_have_the_same_share(nobody, one, both, vad):
    errors = {coalition: (nobody, one, both)[len(coalition - {"vad"})] + vad * ("vad" in coalition) for coalition in _all()}
    assert shapley.share(errors, "asr") == pytest.approx(shapley.share(errors, "diarization"), abs=1e-9)
    assert shapley.share(errors, "vad") == pytest.approx(-vad, abs=1e-9)


@given(st.tuples(numbers, numbers, numbers))
def test_errors_that_add_up_have_no_interaction(costs):
    cost = dict(zip(STAGES, costs, strict=True))
    errors = {coalition: sum(cost[stage] for stage in STAGES if stage not in coalition) for coalition in _all()}
    for stage in STAGES:
        for part in (shapley.share, shapley.alone, shapley.removed_if_perfect):
            assert part(errors, stage) == pytest.approx(cost[stage], abs=1e-9)
    assert shapley.interaction(errors) == pytest.approx(0, abs=1e-9)


@given(tables, tables)
def test_shares_of_a_sum_are_the_sum_of_the_shares(first, second):
    together = {coalition: first[coalition] + second[coalition] for coalition in first if coalition in second}
    first, second = ({coalition: errors[coalition] for coalition in together} for errors in (first, second))
    for stage in shapley.all_stages(together):
        added = shapley.share(first, stage) + shapley.share(second, stage)
        assert shapley.share(together, stage) == pytest.approx(added, abs=1e-9)


def _all():
    return shapley.coalitions(STAGES)

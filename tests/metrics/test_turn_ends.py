from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.metrics import turn_ends
from model_lab.metrics._base import pool

questions = st.lists(st.tuples(st.booleans(), st.integers(0, 10).map(lambda tenth: tenth / 10)), min_size=2, max_size=30).filter(
    lambda rows: len({ended for ended, _ in rows}) == 2
)


def value(metric, rows):
    return metric.value(pool(metric.components(ended, probability) for ended, probability in rows))


@given(questions)
def test_the_area_is_the_share_of_pairs_in_order(rows):
    ends, holds = ([probability for ended, probability in rows if ended is kind] for kind in (True, False))
    pairs = [(end > hold) + 0.5 * (end == hold) for end in ends for hold in holds]
    assert value(turn_ends.AUC, rows) == pytest.approx(sum(pairs) / len(pairs))


@given(questions)
def test_cut_ins_at_the_highest_threshold_that_finds_enough(rows):
    ends, holds = ([probability for ended, probability in rows if ended is kind] for kind in (True, False))
    enough = [level for level in set(ends) if sum(end >= level for end in ends) >= turn_ends.FOUND * len(ends)]
    expected = sum(hold >= max(enough) for hold in holds) / len(holds)
    assert value(turn_ends.CUT_INS, rows) == pytest.approx(expected)


@given(questions)
def test_decisions_are_counted(rows):
    said = [(ended, probability > 0.5) for ended, probability in rows]
    ends, holds = ([answer for ended, answer in said if ended is kind] for kind in (True, False))
    assert value(turn_ends.ACCURACY, rows) == pytest.approx(sum(ended == answer for ended, answer in said) / len(said))
    assert value(turn_ends.FALSE_ENDS, rows) == pytest.approx(sum(holds) / len(holds))
    assert value(turn_ends.MISSED_ENDS, rows) == pytest.approx(1 - sum(ends) / len(ends))


@pytest.mark.parametrize("metric", [turn_ends.AUC, turn_ends.CUT_INS])
def test_pauses_of_one_kind_have_no_value(metric):
    assert math.isnan(value(metric, [(True, 0.9), (True, 0.2)]))


def test_a_rate_counts_only_pauses_of_its_kind():
    assert turn_ends.FALSE_ENDS.counts(turn_ends.decision_components(False, 0.2))
    assert not turn_ends.FALSE_ENDS.counts(turn_ends.decision_components(True, 0.2))
    assert not turn_ends.MISSED_ENDS.counts(turn_ends.decision_components(False, 0.9))

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from model_lab.metrics import quality
from model_lab.metrics._base import pool

values = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20)


def as_pool(pairs):
    return {"snr_db": [float(a) for a, _ in pairs], "quality": [float(b) for _, b in pairs]}


@given(values)
def test_concordance_agrees_with_counting_pairs(pairs):
    credit = [
        0.5 if a[1] == b[1] else float((a[0] < b[0]) == (a[1] < b[1]))
        for a, b in itertools.combinations(pairs, 2)
        if a[0] != b[0]
    ]
    value = quality.concordance(as_pool(pairs))
    assert math.isnan(value) if not credit else value == pytest.approx(np.mean(credit))


@given(st.integers(2, 20).flatmap(lambda size: st.permutations(range(size))))
def test_concordance_without_ties_is_kendall_tau(order):
    value = quality.concordance(as_pool(list(enumerate(order))))
    assert value == pytest.approx((1 + kendalltau(range(len(order)), order).statistic) / 2)


@given(values.filter(lambda pairs: len({a for a, _ in pairs}) > 1))
def test_bounds(pairs):
    pooled = as_pool(pairs)
    damage = pooled["snr_db"]
    assert quality.concordance(pooled | {"quality": damage}) == quality.CONCORDANCE.best
    assert quality.concordance(pooled | {"quality": [-value for value in damage]}) == quality.CONCORDANCE.worst
    assert quality.concordance(pooled | {"quality": [3.0] * len(pairs)}) == 0.5


def test_the_first_scale_of_the_answer_counts():
    parts = [quality.CONCORDANCE.components(snr, {"mos": mos, "noise": -mos}) for snr, mos in ((0.0, 1.0), (10.0, 2.0))]
    assert quality.CONCORDANCE.value(pool(parts)) == 1
    assert math.isnan(quality.CONCORDANCE.value(parts[0]))


@pytest.mark.parametrize(
    ("metric", "model", "rating"),
    [
        (quality.PESQ, "pesq", {"pesq": 2.5}),
        (quality.DNSMOS, "dnsmos", {"sig": 9.0, "ovrl": 2.5}),
        (quality.PLCMOS, "plcmos", {"plcmos": 2.5}),
        (quality.MOS, "distillmos", {"mos": 2.5}),
    ],
)
def test_judged_metrics_are_the_mean_of_their_scale(metric, model, rating):
    assert (metric.judge.model, metric.judge.capability) == (model, "quality")
    parts = [
        metric.components("reference", "hypothesis", rating),
        metric.components("reference", "hypothesis", dict.fromkeys(rating, 3.5)),
    ]
    assert metric.value(pool(parts)) == 3.0
    assert metric.worst < 2.5 < metric.best


def test_judges_are_asked_about_the_answer_and_pesq_about_the_clean_recording_too():
    reference = SimpleNamespace(clean="clean", noisy="noisy")
    assert quality.PESQ.judge.inputs(reference, "answer") == ("answer", "clean")
    assert quality.DNSMOS.judge.inputs(reference, "answer") == ("answer", None)
    assert quality.PLCMOS.judge.inputs(reference, "answer") == ("answer", None)
    assert quality.MOS.judge.inputs(reference, "answer") == ("answer", None)

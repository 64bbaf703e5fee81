from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from model_lab.metrics import keywords
from model_lab.metrics._base import pool
from model_lab.types import Detection, Segment

WORDS = ("alexa", "bravo")


@st.composite
def recordings(draw):
    """A truth whose keywords are far apart (so that no detection is near two), and detections anywhere, many with one score."""
    starts = np.cumsum(draw(st.lists(st.integers(3, 8), max_size=5)))
    spoken = tuple(Segment(float(start), start + 0.8, draw(st.sampled_from(WORDS))) for start in starts)
    found = draw(
        st.lists(
            st.tuples(st.sampled_from(WORDS), st.integers(0, 450), st.integers(1, 10), st.integers(0, 6), st.booleans()),
            max_size=12,
        )
    )
    answer = [Detection(word, at / 10, (at + length) / 10, score / 10, yes) for word, at, length, score, yes in found]
    return keywords.KeywordTruth(spoken, 50.0), answer


def near(detection, segment):
    middle = (detection.start + detection.end) / 2
    return detection.keyword == segment.label and segment.start - 0.5 <= middle <= segment.end + 0.5


def matched(truth, answer):
    """How many detections can be given a spoken keyword of their own, by scipy."""
    table = [[near(detection, segment) for segment in truth.spoken] for detection in answer]
    if not truth.spoken or not answer:
        return 0
    return int((maximum_bipartite_matching(csr_matrix(np.array(table, int)), perm_type="column") >= 0).sum())


@given(recordings())
def test_counts_agree_with_scipys_matching(recording):
    truth, answer = recording
    counted = keywords.spotting_components(truth, answer)
    assert len(counted["hits"]) == matched(truth, answer)
    assert len(counted["hits"]) + len(counted["undetected"]) == len(truth.spoken)
    assert len(counted["hits"]) + len(counted["false_alarms"]) == len(answer)


@given(st.lists(recordings(), min_size=1, max_size=4), st.sampled_from([0.0, 20.0, 100.0, 300.0]))
def test_miss_rate_agrees_with_trying_every_threshold(parts, per_hour):
    pooled = pool([keywords.spotting_components(*part) for part in parts])
    total = sum(len(truth.spoken) for truth, _ in parts)
    hours = sum(truth.duration - 0.8 * len(truth.spoken) for truth, _ in parts) / 3600
    best = 1.0
    for threshold in {detection.score for _, answer in parts for detection in answer}:
        kept = [(truth, [one for one in answer if one.score >= threshold]) for truth, answer in parts]
        hits = sum(matched(*one) for one in kept)
        alarms = sum(len(answer) for _, answer in kept) - hits
        if alarms <= math.floor(per_hour * hours + 1e-9):
            best = min(best, (total - hits) / total if total else math.nan)
    found = keywords.miss_rate_at(pooled, per_hour)
    assert math.isnan(found) if total == 0 else found == pytest.approx(best)


@given(recordings())
def test_a_higher_threshold_takes_hits_and_false_alarms_away_and_changes_no_other(recording):
    truth, answer = recording
    everything = keywords.spotting_components(truth, answer)
    fewer = keywords.spotting_components(truth, [one for one in answer if one.score >= 0.3])
    for kind in ("hits", "false_alarms"):
        assert sorted(fewer[kind]) == sorted(entry for entry in everything[kind] if entry[1] >= 0.3)


@given(recordings(), st.sampled_from([0.0, 50.0, 200.0]))
def test_only_the_order_of_scores_matters(recording, per_hour):
    truth, answer = recording
    stretched = [Detection(one.keyword, one.start, one.end, math.exp(3 * one.score), one.accepted) for one in answer]
    first, second = (keywords.spotting_components(truth, given) for given in (answer, stretched))
    assert repr(keywords.miss_rate_at(first, per_hour)) == repr(keywords.miss_rate_at(second, per_hour))


@given(recordings())
def test_more_false_alarms_allowed_never_miss_more(recording):
    counted = keywords.spotting_components(*recording)
    rates = [keywords.miss_rate_at(counted, per_hour) for per_hour in (0, 60, 120, 240, 1000)]
    assert all(math.isnan(later) or later <= earlier for earlier, later in pairwise(rates))


def test_a_detection_is_right_by_its_middle_half_a_second_out_at_most():
    truth = keywords.KeywordTruth((Segment(10, 11, "alexa"),), 60)
    for start, end, hits in ((9.0, 10.0, 1), (8.9, 10.0, 0), (11.0, 12.0, 1), (11.0, 12.1, 0), (0.0, 60.0, 0), (10.2, 10.4, 1)):
        assert len(keywords.spotting_components(truth, [Detection("alexa", start, end, 1.0)])["hits"]) == hits
    assert keywords.spotting_components(truth, [Detection("bravo", 10, 11, 1.0)])["hits"] == []


def test_a_keyword_is_found_once_by_the_surest_detection():
    truth = keywords.KeywordTruth((Segment(10, 11, "alexa"),), 60)
    counted = keywords.spotting_components(truth, [Detection("alexa", 10, 11, 0.4), Detection("alexa", 10.1, 11, 0.9)])
    assert counted["hits"] == [["alexa", 0.9, True]] and counted["false_alarms"] == [["alexa", 0.4, True]]


def test_an_hour_is_what_one_false_alarm_an_hour_takes():
    pooled = {"hits": [["a", 0.5, True]], "undetected": [], "false_alarms": [["a", 0.9, True]]}
    assert keywords.miss_rate_at(pooled | {"hours": 0.99}, 1.0) == 1.0
    assert keywords.miss_rate_at(pooled | {"hours": 1.0}, 1.0) == 0.0
    assert (
        keywords.miss_rate_at(pooled | {"hours": 1.0, "false_alarms": [["a", 0.5, True]] * 2}, 1.0) == 1.0
    )  # a tie lets none through


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 20)), max_size=6))
def test_hours_leave_out_what_is_spoken_once(spans):
    truth = keywords.KeywordTruth(tuple(Segment(float(at), float(at + length), "a") for at, length in spans), 120.0)
    grid = np.zeros(120, bool)
    for at, length in spans:
        grid[at : at + length] = True
    assert truth.hours_without * 3600 == pytest.approx((~grid).sum())


def test_empty_cases():
    nothing = keywords.spotting_components(keywords.KeywordTruth((), 3600), [])
    assert math.isnan(keywords.miss_rate_at(nothing, 1)) and math.isnan(keywords.miss_rate(nothing))
    assert math.isnan(keywords.f1(nothing)) and keywords.false_alarms_per_hour(nothing) == 0
    alarm = keywords.spotting_components(keywords.KeywordTruth((), 3600), [Detection("a", 1, 2, 0.5)])
    assert keywords.f1(alarm) == 0 and keywords.false_alarms_per_hour(alarm) == 1
    assert math.isnan(keywords.false_alarms_per_hour({"false_alarms": [], "hours": 0.0}))

from __future__ import annotations

import hashlib
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import roc_curve

from model_lab.errors import ContractBroken
from model_lab.metrics import speaker
from model_lab.metrics._base import pool
from model_lab.metrics.text import VoicePrompt
from model_lab.types import Audio, Transcript


@st.composite
def trials(draw):
    """Trials of both kinds, many with the same score."""
    size = draw(st.integers(2, 40))
    same = draw(st.lists(st.booleans(), min_size=size, max_size=size).filter(lambda flags: len(set(flags)) == 2))
    scores = draw(st.lists(st.integers(-10, 10).map(float), min_size=size, max_size=size))
    return np.array(same), np.array(scores)


def error_rates(same, scores):
    """False-accept and false-reject rate at every threshold, counted one by one, from "accept none" on."""
    thresholds = [math.inf, *sorted(set(scores), reverse=True)]
    accepts = [[score >= threshold for score in scores] for threshold in thresholds]
    false_accepts = [sum(a and not s for a, s in zip(row, same, strict=True)) / sum(~same) for row in accepts]
    false_rejects = [sum(s and not a for a, s in zip(row, same, strict=True)) / sum(same) for row in accepts]
    return false_accepts, false_rejects


@given(trials())
def test_equal_error_rate_agrees_with_counting(given_trials):
    points = list(zip(*error_rates(*given_trials), strict=True))
    crossing = next((before, after) for before, after in itertools.pairwise(points) if after[1] <= after[0])
    (accept, reject), (accept_after, reject_after) = crossing
    share = (reject - accept) / ((reject - accept) - (reject_after - accept_after))
    assert speaker.equal_error_rate(*given_trials) == pytest.approx(accept + share * (accept_after - accept))


@given(trials())
def test_equal_error_rate_lies_on_the_roc_curve(given_trials):
    false_accepts, accepts, _ = roc_curve(*given_trials)
    rate = speaker.equal_error_rate(*given_trials)
    assert 0 <= rate <= 1
    vertical = np.isclose(false_accepts, rate)
    if vertical.any():  # the curve jumps here: it must pass through 1 - rate
        assert accepts[vertical].min() - 1e-9 <= 1 - rate <= accepts[vertical].max() + 1e-9 or vertical.sum() == 1
    else:
        root = brentq(lambda x: 1 - x - interp1d(false_accepts, accepts)(x), 0, 1)
        assert rate == pytest.approx(root, abs=1e-6)


def test_equal_error_rate_agrees_with_brentq_on_many_trials():
    rng = np.random.default_rng(0)
    same = rng.random(2000) < 0.3
    scores = rng.standard_normal(2000) + 1.5 * same
    false_accepts, accepts, _ = roc_curve(same, scores)
    assert speaker.equal_error_rate(same, scores) == pytest.approx(
        brentq(lambda x: 1 - x - interp1d(false_accepts, accepts)(x), 0, 1), abs=2e-3
    )


@given(trials())
def test_minimum_cost_agrees_with_counting(given_trials):
    cost = min(0.05 * reject + 0.95 * accept for accept, reject in zip(*error_rates(*given_trials), strict=True))
    assert speaker.minimum_cost(*given_trials) == pytest.approx(cost / 0.05)
    assert 0 <= speaker.minimum_cost(*given_trials) <= 1


@given(trials(), st.floats(0.1, 10), st.floats(-5, 5), st.randoms())
def test_scale_and_order_do_not_matter(given_trials, gain, offset, random):
    same, scores = given_trials
    order = random.sample(range(len(same)), len(same))
    for measure in (speaker.equal_error_rate, speaker.minimum_cost):
        assert measure(same[order], scores[order]) == pytest.approx(measure(same, scores))
        assert measure(same, gain * scores + offset) == pytest.approx(measure(same, scores))


@given(trials())
def test_turning_the_scores_round_turns_the_error_round(given_trials):
    same, scores = given_trials
    assert speaker.equal_error_rate(same, -scores) == pytest.approx(1 - speaker.equal_error_rate(same, scores))


def test_extremes():
    same = np.array([True, True, False, False, False])
    assert speaker.equal_error_rate(same, np.array([3.0, 2, 1, 1, 0])) == 0
    assert speaker.equal_error_rate(same, np.array([0.0, 0, 1, 2, 3])) == 1
    assert speaker.equal_error_rate(same, np.zeros(5)) == 0.5
    assert speaker.minimum_cost(same, np.array([3.0, 2, 1, 1, 0])) == 0
    assert speaker.minimum_cost(same, np.zeros(5)) == 1


@pytest.mark.parametrize("same", [[True, True], [False], []])
def test_one_kind_of_trial_alone_is_not_defined(same):
    pooled = {"same": same, "scores": [0.5] * len(same), "groups": [str(index) for index in range(len(same))]}
    for metric in (speaker.TRIAL_EER, speaker.TRIAL_MIN_DCF, speaker.TRIAL_HTER):
        assert math.isnan(metric.value(pooled))


def cut(same, scores):
    """The threshold nearest to equal errors, tried one by one from the lowest on."""
    levels = sorted(set(scores))
    between = [-math.inf, *((low + high) / 2 for low, high in itertools.pairwise(levels)), math.inf]

    def gap(threshold):
        rejects = np.mean([score < threshold for score, truth in zip(scores, same, strict=True) if truth])
        accepts = np.mean([score >= threshold for score, truth in zip(scores, same, strict=True) if not truth])
        return round(abs(rejects - accepts), 12)

    return min(between, key=gap)


@given(trials())
def test_the_frozen_threshold_agrees_with_trying(given_trials):
    assert speaker.balanced_threshold(*given_trials) == cut(*given_trials)


@st.composite
def grouped_trials(draw):
    """Trials of up to six groups, each group with both kinds of trial."""
    found = []
    for name in draw(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=6, unique=True)):
        kinds = [True, False, *draw(st.lists(st.booleans(), max_size=4))]
        found += [(kind, float(draw(st.integers(-9, 9))), name) for kind in kinds]
    return draw(st.permutations(found))


@given(grouped_trials())
def test_the_error_at_a_frozen_threshold_agrees_with_a_loop(found):
    pooled = pool(speaker.trial_components(speaker.Trial(same, group), score) for same, score, group in found)
    names = sorted({group for _, _, group in found}, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    wrong = {True: [], False: []}
    for same, score, group in found:
        others = [trial for trial in found if names.index(trial[2]) % 2 != names.index(group) % 2]
        threshold = cut([trial[0] for trial in others], [trial[1] for trial in others])
        wrong[same].append((score >= threshold) != same)
    assert speaker.half_total_error_rate(pooled) == pytest.approx((np.mean(wrong[True]) + np.mean(wrong[False])) / 2)


@given(grouped_trials(), st.sampled_from([0.25, 0.5, 2.0, 8.0]), st.integers(-5, 5))
def test_a_frozen_threshold_does_not_care_for_scale_or_order(found, gain, offset):
    def measure(trials):
        return speaker.half_total_error_rate(
            pool(speaker.trial_components(speaker.Trial(same, group), score) for same, score, group in trials)
        )

    assert measure([(same, gain * score + offset, group) for same, score, group in found[::-1]]) == pytest.approx(measure(found))


def test_a_threshold_that_does_not_carry_over_costs():
    """Two groups on scales of their own: each is told apart, and neither threshold serves the other."""
    pooled = {"same": [True, False] * 2, "scores": [0.9, 0.8, 0.2, 0.1], "groups": ["ann", "ann", "bob", "bob"]}
    assert speaker.equal_error_rate(*speaker.given_trials(pooled)) == 0.5
    assert speaker.half_total_error_rate(pooled) == 0.5
    apart = pooled | {"scores": [0.9, 0.1, 0.8, 0.2]}
    assert speaker.half_total_error_rate(apart) == 0.0


def test_a_kind_of_trial_that_few_groups_have_is_in_both_halves():
    """Two of twenty groups hold the trials of one speaker: whatever their names, each half gets one of them."""
    for seed in range(20):
        groups = [f"{seed}-{number}" for number in range(20)]
        pooled = {
            "same": [False] * 20 + [True, True],
            "scores": [0.1] * 20 + [0.9, 0.9],
            "groups": groups + groups[3:5],
        }
        assert speaker.half_total_error_rate(pooled) == 0.0


def test_similarity_is_the_mean_of_what_the_verifier_says_about_voice_and_answer():
    for metric, model in ((speaker.SIMILARITY, "resemblyzer"), (speaker.SECOND_SIMILARITY, "voicefilter_embedder")):
        prompt = VoicePrompt(Transcript("hello"), voice=Audio(np.ones(5, np.float32), 16000))
        spoken = Audio(np.zeros(10, np.float32), 16000)
        assert metric.judge.inputs(prompt, spoken) == (prompt.voice, spoken)
        assert (metric.judge.model, metric.judge.capability) == (model, "speaker_verify")
        assert metric.value(pool(metric.components(prompt, spoken, cosine) for cosine in (0.5, 0.75))) == 0.625
        assert math.isnan(metric.value({}))


@st.composite
def voices(draw):
    """Recordings of three speakers, some drawn twice as the bootstrap does."""
    size = draw(st.integers(1, 8))
    coordinate = st.integers(-3, 3).map(float)
    vectors = draw(st.lists(st.lists(coordinate, min_size=3, max_size=3).filter(any), min_size=size, max_size=size))
    speakers = draw(st.lists(st.sampled_from("abc"), min_size=size, max_size=size))
    known = [(vector, name, f"r{index}") for index, (vector, name) in enumerate(zip(vectors, speakers, strict=True))]
    return known + draw(st.lists(st.sampled_from(known), max_size=4))


@given(voices())
def test_pairs_agree_with_a_loop(recordings):
    parts = [
        speaker.voice_components(speaker.VoiceTruth(name, recording), np.array(vector, np.float32))
        for vector, name, recording in recordings
    ]
    same, scores = speaker.all_pairs(pool(parts))
    expected = [
        (a[1] == b[1], np.dot(a[0], b[0]) / (np.linalg.norm(a[0]) * np.linalg.norm(b[0])))
        for a, b in itertools.combinations(recordings, 2)
        if a[2] != b[2]
    ]
    assert same.tolist() == [truth for truth, _ in expected]
    assert scores.tolist() == pytest.approx([score for _, score in expected])


def test_a_recording_is_never_compared_with_itself():
    part = speaker.voice_components(speaker.VoiceTruth("ann", "a1"), np.array([1, 0], np.float32))
    same, _ = speaker.all_pairs(pool([part, part, part]))
    assert same.size == 0
    assert math.isnan(speaker.PAIR_EER.value(pool([part, part])))


def test_embeddings_of_different_length_are_refused():
    pooled = {"vectors": [[1.0], [1.0, 0.0]], "speakers": ["a", "b"], "recordings": ["1", "2"]}
    with pytest.raises(ContractBroken, match="differ in length"):
        speaker.all_pairs(pooled)

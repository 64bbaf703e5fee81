from __future__ import annotations

import math
import warnings

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_lab.metrics import pitch
from model_lab.metrics._base import pool
from model_lab.types import PitchTrack

METRICS = {
    "Raw Pitch Accuracy": pitch.RAW_PITCH_ACCURACY,
    "Raw Chroma Accuracy": pitch.RAW_CHROMA_ACCURACY,
    "Voicing Recall": pitch.VOICING_RECALL,
    "Voicing False Alarm": pitch.VOICING_FALSE_ALARM,
    "Overall Accuracy": pitch.OVERALL_ACCURACY,
}


def track(f0_hz, step=0.01, voiced=None, start=0.0):
    f0 = np.asarray(f0_hz, np.float32)
    return PitchTrack(
        (start + step * np.arange(f0.size)).astype(np.float32),
        f0,
        (f0 > 0).astype(np.float32) if voiced is None else np.float32(voiced),
    )


frequencies = st.sampled_from([0.0, 0.0, 110.0, 112.0, 114.0, 220.0, 330.0])


@st.composite
def answers(draw):
    f0 = draw(st.lists(frequencies, min_size=2, max_size=40))
    voiced = draw(st.lists(st.sampled_from([0.0, 0.3, 0.5, 1.0]), min_size=len(f0), max_size=len(f0)))
    return track(f0, draw(st.sampled_from([0.01, 0.016, 0.005])), voiced, draw(st.sampled_from([0.0, 0.008])))


@given(st.lists(frequencies, min_size=2, max_size=40), answers())
def test_every_ratio_agrees_with_mir_eval(truth, answer):
    reference = track(truth)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = mir_eval.melody.evaluate(
            reference.times.astype(float),
            reference.f0_hz.astype(float),
            answer.times.astype(float),
            answer.f0_hz.astype(float),
            est_voicing=(answer.voiced >= 0.5).astype(float),
        )
    for name, metric in METRICS.items():
        value = metric.score(reference, answer)
        if math.isnan(value):
            assert all(f > 0 for f in truth) if metric is pitch.VOICING_FALSE_ALARM else not any(truth)
        else:
            assert value == pytest.approx(expected[name])
            assert 0 <= value <= 1


@given(st.lists(frequencies, min_size=2, max_size=30), st.lists(frequencies, min_size=2, max_size=30), st.data())
def test_pooling_is_the_same_as_one_long_recording(first, second, data):
    guesses = [data.draw(st.lists(frequencies, min_size=len(part), max_size=len(part))) for part in (first, second)]
    parts = [pitch.frame_components(track(truth), track(guess)) for truth, guess in zip((first, second), guesses, strict=True)]
    assert pool(parts) == pytest.approx(pitch.frame_components(track(first + second), track(guesses[0] + guesses[1])))


@given(st.lists(frequencies, min_size=2, max_size=40))
def test_the_truth_scores_best(truth):
    for metric in METRICS.values():
        value = metric.score(track(truth), track(truth))
        assert math.isnan(value) or value == metric.best


@settings(max_examples=20)
@given(st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_octave_errors_count_in_pitch_and_not_in_chroma(factor):
    truth, answer = track([200.0] * 10), track([200.0 * factor] * 10)
    assert pitch.RAW_PITCH_ACCURACY.score(truth, answer) == 0
    assert pitch.RAW_CHROMA_ACCURACY.score(truth, answer) == 1


@pytest.mark.parametrize(("cents", "right"), [(49, 1.0), (51, 0.0)])
def test_half_a_semitone_is_the_limit(cents, right):
    assert pitch.RAW_PITCH_ACCURACY.score(track([200.0] * 5), track([200.0 * 2 ** (cents / 1200)] * 5)) == right


def test_a_guess_in_a_frame_called_unvoiced_counts_for_pitch_but_not_for_the_whole():
    truth, answer = track([200.0] * 4), track([200.0] * 4, voiced=[0, 0, 1, 1])
    assert pitch.RAW_PITCH_ACCURACY.score(truth, answer) == 1
    assert pitch.VOICING_RECALL.score(truth, answer) == 0.5
    assert pitch.OVERALL_ACCURACY.score(truth, answer) == 0.5


@pytest.mark.parametrize("answer", [track([]), track([0.0]), track([0.0, 0.0])])
def test_an_answer_of_hardly_any_frames_is_unvoiced(answer):
    counts = pitch.frame_components(track([200.0, 200.0, 0.0]), answer)
    assert counts == {"voiced": 2, "unvoiced": 1, "pitch": 0, "chroma": 0, "hits": 0, "false_alarms": 0, "right": 1}


def test_the_answer_is_not_changed():
    answer = track([0.0, 200.0], voiced=[1, 1])
    pitch.frame_components(track([200.0, 200.0]), answer)
    assert answer.voiced.tolist() == [1, 1]

from __future__ import annotations

import math

import mir_eval
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.metrics import music
from model_lab.metrics._base import pool
from model_lab.types import Beats, Label

times = st.lists(st.integers(0, 600), unique=True, max_size=30).map(lambda ticks: np.sort(np.array(ticks, np.float32)) / 20)
tempi = st.integers(300, 2500).map(lambda tenths: tenths / 10)


@given(times, times)
def test_beat_f_agrees_with_mir_eval(truth, answer):
    value = music.BEAT_F.score(Beats(100.0, truth), Beats(100.0, answer))
    trimmed = [mir_eval.beat.trim_beats(beats.astype(float)) for beats in (truth, answer)]
    if not trimmed[0].size:
        assert math.isnan(value)
    elif not trimmed[1].size:
        assert value == 0
    else:
        assert value == pytest.approx(mir_eval.beat.f_measure(*trimmed))


@given(times, times, times, times)
def test_beats_pool_by_adding_up(first, second, first_answer, second_answer):
    parts = [music.beat_components(Beats(1.0, t), Beats(1.0, a)) for t, a in ((first, first_answer), (second, second_answer))]
    pooled = pool(parts)
    value = music.BEAT_F.value(pooled)
    assert pooled["matched"] <= min(pooled["reference"], pooled["hypothesis"])
    assert math.isnan(value) or 0 <= value <= 1


@given(times.filter(lambda beats: (beats >= 5).any()), tempi)
def test_the_truth_scores_best(beats, tempo):
    truth = Beats(tempo, beats)
    assert [metric.score(truth, truth) for metric in (music.TEMPO_ACCURACY_1, music.TEMPO_ACCURACY_2, music.BEAT_F)] == [1, 1, 1]


@given(tempi, tempi)
def test_accuracies_agree_with_mir_eval(truth, tempo):
    def near(target):
        return mir_eval.tempo.detection(np.array([target, target]), 0.5, np.array([tempo, tempo]), tol=0.04)[1]

    assert music.tempo_is_right(Beats(truth), Beats(tempo)) == near(truth)
    assert music.tempo_is_right_or_octave(Beats(truth), Beats(tempo)) == any(
        near(truth * factor) for factor in (1, 2, 3, 1 / 2, 1 / 3)
    )


def test_accuracy_is_the_share_of_recordings():
    parts = [music.TEMPO_ACCURACY_1.components(Beats(100.0), Beats(tempo)) for tempo in (100.0, 103.0, 200.0, 0.0)]
    assert music.TEMPO_ACCURACY_1.value(pool(parts)) == 0.5


def test_the_first_five_seconds_do_not_count():
    truth = Beats(60.0, np.arange(10, dtype=np.float32))
    late = Beats(60.0, np.arange(5, 10, dtype=np.float32))
    assert music.BEAT_F.score(truth, late) == 1


@given(st.sampled_from(music.KEYS), st.sampled_from(music.KEYS))
def test_keys_are_weighed_by_their_distance(truth, heard):
    """From the relations themselves: a fifth up, the relative, the parallel."""
    (tonic, mode), (other, other_mode) = (divmod_key(name) for name in (truth, heard))
    up = (other - tonic) % 12
    expected = 0.0
    if mode == other_mode:
        expected = {0: 1.0, 7: 0.5}.get(up, 0.0)
    elif up == (9 if mode == "major" else 3):
        expected = 0.3
    elif up == 0:
        expected = 0.2
    assert music.weighted_key(truth, [Label(heard, 1.0), Label(truth, 0.5)]) == expected
    assert music.exact_key(truth, [Label(heard, 1.0), Label(truth, 0.5)]) == (expected == 1.0)


def divmod_key(name):
    return music.KEYS.index(name) % 12, name.split()[1]


@pytest.mark.parametrize(
    ("spelled", "name"),
    [("a#  minor", ""), ("A# minor", "Bb minor"), (" gb MAJOR", "F# major"), ("Fb minor", "E minor"), ("Cb minor", "B minor")]
    + [(wrong, "") for wrong in ("", "C", "major", "H minor", "C## major", "C dorian", "C major seven")],
)
def test_keys_have_one_name(spelled, name):
    assert music.key_of(spelled) == name


@given(st.sampled_from(music.KEYS))
def test_a_key_keeps_its_name(name):
    assert music.key_of(name) == music.key_of(name.upper()) == name
    assert music.exact_key(name, [Label(name.lower(), 1.0)]) == 1


def test_no_key_heard_is_wrong():
    assert music.KEY_SCORE.score("C major", []) == music.KEY_ACCURACY.score("C major", []) == 0

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_lab.metrics import signals
from model_lab.metrics._base import pool
from model_lab.metrics.signals import Mixture
from model_lab.types import Audio

SILENCE = Audio(np.zeros(4000, np.float32), 8000)


def noise(seed, frames=4000, rate=8000):
    return Audio((0.1 * np.random.default_rng(seed).standard_normal(frames)).astype(np.float32), rate)


def mixture(**stems):
    return Mixture(Audio(np.sum([stem.samples for stem in stems.values()], axis=0), 8000), stems)


def blurred(stem, other, level):
    return Audio((stem.samples + np.float32(level) * other.samples).astype(np.float32), 8000)


def test_names_that_agree_belong_together_even_when_another_order_is_better():
    both = mixture(voice=noise(1), music=noise(2))
    swapped = {"voice": noise(2), "music": noise(1)}
    assert all(stem is swapped[name] for name, stem in signals.matched(both, swapped).items())
    assert signals.STEM_SI_SDR.score(both, swapped) < -20


def test_numbered_stems_are_matched_by_sound():
    both = mixture(s1=noise(1), s2=noise(2))
    answer = {"s1": noise(2), "s2": noise(1)}
    assert signals.matched(both, answer)["s1"] is answer["s2"]
    assert signals.STEM_SI_SDR.score(both, answer) == signals.STEM_SI_SDR.best


def test_other_names_are_matched_by_sound_among_what_is_left():
    three = mixture(drums=noise(1), voice=noise(2), piano=noise(3))
    answer = {"b": noise(2), "drums": noise(9), "a": noise(3)}
    found = signals.matched(three, answer)
    assert [name for stem in found.values() for name in answer if answer[name] is stem] == ["drums", "b", "a"]


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 4), st.integers(1, 5), st.integers(0, 1000))
def test_the_match_is_the_best_of_all_permutations(wanted, given_stems, seed):
    rng = np.random.default_rng(seed)
    truth = mixture(**{f"s{number}": noise(seed + number) for number in range(wanted)})
    weights = rng.standard_normal((given_stems, wanted))
    answer = {
        f"a{number}": Audio(
            sum(np.float32(weight) * stem.samples for weight, stem in zip(row, truth.stems.values(), strict=True)), 8000
        )
        for number, row in enumerate(weights)
    }
    offered = [*answer.values(), *[truth.sound] * (wanted - given_stems)]
    best = max(
        sum(signals.si_sdr(stem, offer) for stem, offer in zip(truth.stems.values(), order, strict=True)) / wanted
        for order in itertools.permutations(offered, wanted)
    )
    assert signals.STEM_SI_SDR.score(truth, answer) == pytest.approx(best, abs=1e-6)


def test_a_missing_stem_counts_as_the_mixture_and_one_to_spare_is_left_aside():
    both = mixture(voice=noise(1), music=noise(2))
    assert signals.matched(both, {"voice": noise(1)})["music"] is both.sound
    alone = signals.STEM_SI_SDR_IMPROVEMENT.score(both, {"voice": noise(1)})
    assert alone == pytest.approx((100 - signals.si_sdr(noise(1), both.sound)) / 2)
    assert signals.STEM_SI_SDR_IMPROVEMENT.score(both, {}) == 0
    full = {"voice": blurred(noise(1), noise(2), 0.1), "music": noise(2)}
    for metric in (signals.STEM_SI_SDR_IMPROVEMENT, signals.STEM_SI_SDR, signals.STEM_SDR):
        assert metric.score(both, full | {"hiss": noise(7)}) == metric.score(both, full)


def test_doing_nothing_improves_nothing():
    both = mixture(voice=noise(1), music=noise(2))
    for answer in ({"mixture": both.sound}, {"voice": both.sound, "music": both.sound}, {"a": both.sound, "b": both.sound}):
        assert signals.STEM_SI_SDR_IMPROVEMENT.score(both, answer) == 0


def test_silent_references_are_left_aside_and_silent_answers_score_worst():
    partly = mixture(voice=noise(1), music=SILENCE)
    assert set(signals.matched(partly, {"voice": noise(1), "music": noise(5)})) == {"voice"}
    assert signals.STEM_SI_SDR.score(partly, {"voice": noise(1), "music": noise(5)}) == 100
    assert math.isnan(signals.STEM_SI_SDR_IMPROVEMENT.score(mixture(voice=SILENCE, music=SILENCE), {"voice": noise(1)}))
    both = mixture(voice=noise(1), music=noise(2))
    for metric in (signals.STEM_SI_SDR, signals.STEM_SDR):
        assert metric.score(both, {"voice": SILENCE, "music": SILENCE}) == metric.worst
        assert metric.score(both, both.stems) == metric.best


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.floats(0.05, 2))
def test_sdr_agrees_with_mir_eval(seed, level):
    from mir_eval.separation import bss_eval_sources

    first, second, other = (noise(seed + number, 2000) for number in range(3))
    truth = mixture(s1=first, s2=second)
    answer = {"s1": blurred(first, second, level), "s2": blurred(second, other, level)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, *_ = bss_eval_sources(
            np.array([stem.samples for stem in truth.stems.values()]),
            np.array([stem.samples for stem in answer.values()]),
            compute_permutation=False,
        )
    measured = [signals.sdr(truth.stems[name], answer[name]) for name in truth.stems]
    assert measured == pytest.approx(expected.tolist(), abs=0.01)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 3))
def test_sdr_is_never_below_si_sdr(seed, level):
    clean, answer = noise(seed), blurred(noise(seed), noise(seed + 1), level)
    assert signals.sdr(clean, answer) >= signals.si_sdr(clean, answer) - 0.01


def test_sdr_of_a_tone_is_finite():
    """Its autocorrelation is singular: the filter is not unique, the ratio is."""
    tone = Audio(np.sin(2 * np.pi * 440 * np.arange(8000) / 8000).astype(np.float32), 8000)
    assert np.isfinite(signals.sdr(tone, blurred(tone, noise(1, 8000), 1.0)))


def test_metrics_are_means_over_mixtures_however_many_stems_they_have():
    two, four = mixture(a=noise(1), b=noise(2)), mixture(a=noise(1), b=noise(2), c=noise(3), d=noise(4))
    parts = [signals.STEM_SI_SDR.components(truth, {"x": blurred(noise(1), noise(8), 0.5)}) for truth in (two, four)]
    assert signals.STEM_SI_SDR.value(pool(parts)) == pytest.approx(np.mean([signals.STEM_SI_SDR.value(part) for part in parts]))

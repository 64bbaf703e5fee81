from __future__ import annotations

import math

import numpy as np
import pytest

from model_lab.capabilities.quality import CAPABILITY
from model_lab.errors import BadManifest
from model_lab.metrics._base import pool
from model_lab.types import Audio

SOUND = Audio(np.zeros(16000, np.float32), 16000)


def test_truth_is_a_finite_ratio():
    assert CAPABILITY.reference({"audio": "a.wav", "snr_db": 5}, None) == 5.0
    with pytest.raises(BadManifest, match="column 'snr_db' is inf"):
        CAPABILITY.reference({"audio": "a.wav", "snr_db": float("inf")}, None)


@pytest.mark.parametrize("answer", [{}, 3.0, {"mos": math.nan}, {"mos": "3"}, {"mos": True}, {"mos": 3.0, "noise": math.inf}])
def test_problems(answer):
    assert CAPABILITY.problems(answer, SOUND, None) != []


def test_a_clean_recording_may_be_missing():
    assert CAPABILITY.problems(CAPABILITY.null(SOUND, None), SOUND, None) == []
    assert CAPABILITY.problems({"mos": np.float32(3.5)}, SOUND, None) == []


def test_the_example_has_the_noise_it_states():
    example = CAPABILITY.example()
    noisy, clean = (sound.samples.astype(float) for sound in example.inputs)
    assert 10 * np.log10(np.sum(clean**2) / np.sum((noisy - clean) ** 2)) == pytest.approx(example.reference, abs=0.1)


def test_the_truth_scores_best_null_like_a_coin_and_chance_near_it():
    damage = [float(snr) for snr in range(-5, 30)]
    rng = np.random.default_rng(0)

    def score(answer):
        return CAPABILITY.primary.value(pool(CAPABILITY.primary.components(snr, answer(snr)) for snr in damage))

    assert score(lambda snr: CAPABILITY.ideal(snr, SOUND, None)) == CAPABILITY.primary.best
    assert score(lambda snr: CAPABILITY.null(SOUND, None)) == 0.5
    assert score(lambda snr: CAPABILITY.chance(rng, SOUND, None)) == pytest.approx(0.5, abs=0.15)

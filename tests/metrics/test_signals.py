from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_lab.metrics import signals
from model_lab.metrics._base import pool
from model_lab.types import Audio


def noise(seed, frames=16000, rate=16000, level=0.1):
    return Audio((level * np.random.default_rng(seed).standard_normal(frames)).astype(np.float32), rate)


def mixed(clean, other):
    return Audio(clean.samples + other.samples, clean.sample_rate)


def si_sdr_by_hand(clean, answer):
    """Le Roux et al. 2019, equations 2 and 3."""
    target, estimate = clean.samples.astype(float), answer.samples.astype(float)
    projection = np.dot(estimate, target) / np.dot(target, target) * target
    return 10 * np.log10(np.sum(projection**2) / np.sum((estimate - projection) ** 2))


def stoi_by_hand(clean, answer):
    """Taal et al. 2011 at 10 kHz, band by band and segment by segment, for signals without silent frames."""
    edges = [150 * 2 ** ((2 * k + sign) / 6) for k in range(15) for sign in (-1, 1)]
    bins = np.arange(257) * 10000 / 512
    window = np.hanning(258)[1:-1]

    def bands(samples):
        starts = range(0, len(samples) - 256 + 1, 128)
        power = np.array([np.abs(np.fft.rfft(window * samples[start : start + 256], 512)) ** 2 for start in starts])
        nearest = [int(np.argmin(np.abs(bins - edge))) for edge in edges]
        return np.array([np.sqrt(power[:, low:high].sum(axis=1)) for low, high in zip(nearest[::2], nearest[1::2], strict=True)])

    wanted, given_bands = bands(clean), bands(answer)
    values = []
    for band in range(15):
        for end in range(30, wanted.shape[1] + 1):
            x, y = wanted[band, end - 30 : end], given_bands[band, end - 30 : end]
            y = np.minimum(y * np.linalg.norm(x) / np.linalg.norm(y), x * (1 + 10 ** (15 / 20)))
            values.append(np.corrcoef(x, y)[0, 1])
    return float(np.mean(values))


@given(st.integers(0, 1000), st.floats(0.001, 3))
def test_si_sdr_agrees_with_its_formula(seed, level):
    clean = noise(seed)
    answer = mixed(clean, noise(seed + 1, level=level))
    assert signals.si_sdr(clean, answer) == pytest.approx(si_sdr_by_hand(clean, answer), abs=1e-3)


@given(st.floats(0.01, 10))
def test_si_sdr_does_not_depend_on_level(gain):
    clean, answer = noise(1), mixed(noise(1), noise(2))
    louder = Audio((gain * answer.samples).astype(np.float32), 16000)
    assert signals.si_sdr(clean, louder) == pytest.approx(signals.si_sdr(clean, answer), abs=1e-3)


def test_si_sdr_is_bounded():
    clean, silence = noise(1), Audio(np.zeros(16000, np.float32), 16000)
    assert signals.si_sdr(clean, clean) == signals.SI_SDR.best == 100
    assert signals.si_sdr(clean, silence) == signals.SI_SDR.worst == -100
    assert math.isnan(signals.si_sdr(silence, clean))


def test_improvement_is_the_difference():
    clean = noise(1)
    noisy, answer = mixed(clean, noise(2)), mixed(clean, noise(3, level=0.02))
    gained = signals.SI_SDR_IMPROVEMENT.score(signals.NoisyPair(clean, noisy), answer)
    assert gained == pytest.approx(si_sdr_by_hand(clean, answer) - si_sdr_by_hand(clean, noisy), abs=1e-3)
    assert signals.SI_SDR_IMPROVEMENT.score(signals.NoisyPair(clean, noisy), noisy) == 0


def test_the_clean_signal_is_brought_to_the_rate_of_the_answer():
    seconds = np.arange(48000) / 48000
    clean = Audio(np.sin(2 * np.pi * 440 * seconds).astype(np.float32), 48000)
    answer = Audio(np.sin(2 * np.pi * 440 * seconds[::3]).astype(np.float32), 16000)
    assert signals.si_sdr(clean, answer) > 40
    assert signals.aligned(clean, like=answer).frames == answer.frames


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_aligning_gives_the_frames_asked_for(frames, wanted):
    result = signals.aligned(noise(1, frames=frames), like=noise(2, frames=wanted))
    common = min(frames, wanted)
    assert result.frames == wanted
    np.testing.assert_array_equal(result.samples[:common], noise(1, frames=frames).samples[:common])


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 100), st.floats(0.02, 0.3))
def test_stoi_agrees_with_the_paper(seed, level):
    import pystoi

    clean = noise(seed, frames=30000, rate=10000).samples
    answer = clean + noise(seed + 1, frames=30000, rate=10000, level=level).samples
    assert pystoi.stoi(clean, answer, 10000) == pytest.approx(stoi_by_hand(clean, answer), abs=0.01)


def test_stoi_falls_with_noise_and_is_1_for_the_clean_signal():
    clean = noise(1, frames=32000)
    values = [signals.stoi(clean, mixed(clean, noise(2, frames=32000, level=level))) for level in (0.0, 0.05, 0.2, 1.0)]
    assert values[0] == pytest.approx(1.0)
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.5


def test_stoi_of_too_little_speech_is_not_defined():
    assert math.isnan(signals.stoi(noise(1, frames=3000), noise(1, frames=3000)))
    assert math.isnan(signals.stoi(Audio(np.zeros(32000, np.float32), 16000), noise(1, frames=32000)))


def test_metrics_are_means_over_samples():
    clean = noise(1)
    pairs = [signals.NoisyPair(clean, mixed(clean, noise(seed))) for seed in (2, 3)]
    parts = [
        signals.SI_SDR.components(pair, mixed(clean, noise(9, level=level)))
        for pair, level in zip(pairs, (0.01, 0.1), strict=True)
    ]
    assert signals.SI_SDR.value(pool(parts)) == pytest.approx(np.mean([signals.SI_SDR.value(part) for part in parts]))

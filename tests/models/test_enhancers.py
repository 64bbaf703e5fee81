"""The enhancers' own algorithms, and what they do with real noisy speech (skipped without the pack or the model)."""

from __future__ import annotations

import json

import numpy as np
import pytest

from model_lab import audio
from model_lab.models.wiener.loader import gains, noise_power
from model_lab.registry import model_cards
from model_lab.types import Audio
from tests.conftest import SHARED
from tests.models.workers import loaded

OPTIONS = model_cards.card("wiener").options
FLOOR = 10 ** (OPTIONS["floor_db"] / 10)


def noise_of(power: float, blocks: int = 4000) -> np.ndarray:
    """Power of Gaussian noise in one band: exponentially distributed."""
    return np.random.default_rng(0).exponential(power, (1, blocks))


@pytest.mark.parametrize("quantile", [0.1, 0.2, 0.5])
def test_the_quantile_gives_the_mean_power_of_noise(quantile: float) -> None:
    assert noise_power(noise_of(3.0), quantile).item() == pytest.approx(3.0, rel=0.1)


def test_speech_in_less_than_half_of_the_time_hardly_moves_the_noise() -> None:
    power = noise_of(1.0)
    power[:, ::3] += 1000
    assert 1 < noise_power(power, 0.2).item() < 1.7


def test_gains_follow_the_recursion_of_the_paper() -> None:
    power, noise = np.array([[1.0, 9.0, 25.0, 1.0]]), np.array([[1.0]])
    expected, spoken = [], 0.0
    for ratio in power[0]:
        priori = max(0.98 * spoken + 0.02 * max(ratio - 1, 0), FLOOR)
        expected.append(priori / (1 + priori))
        spoken = expected[-1] ** 2 * ratio
    assert gains(power, noise, 0.98, FLOOR)[0] == pytest.approx(expected)


def test_speech_passes_and_noise_is_held_at_the_floor() -> None:
    noise = np.array([[1.0]])
    assert gains(np.full((1, 50), 1e4), noise, 0.98, FLOOR).min() > 0.99
    held = gains(noise_of(1.0, 500), noise, 0.98, FLOOR)
    assert 10 * np.log10(np.mean(held**2)) < -25
    assert held.min() == pytest.approx(FLOOR / (1 + FLOOR))


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Audio, Audio]]:
    """(clean, noisy) speech with real noise 0 and 5 dB below it."""
    if not SHARED.exists():
        pytest.skip("the development pack is not here")
    folder = SHARED / "enhancement"
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]
    chosen = [row for row in rows if row["snr_db"] in (0, 5)][:4]
    return [(audio.read(folder / row["clean"]).mono(), audio.read(folder / row["audio"]).mono()) for row in chosen]


def lag(clean: Audio, answer: Audio) -> int:
    """Samples by which ``answer`` is late: the peak of the cross-correlation."""
    size = 2 * clean.frames
    spectrum = np.fft.rfft(answer.samples, size) * np.conj(np.fft.rfft(clean.samples, size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)))
    return peak if peak < clean.frames else peak - size


def si_sdr(clean: Audio, answer: Audio) -> float:
    target = clean.samples * np.dot(clean.samples, answer.samples) / np.dot(clean.samples, clean.samples)
    return float(10 * np.log10(np.sum(target**2) / np.sum((answer.samples - target) ** 2)))


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize(
    ("name", "gain_db"), [("dtln", 4.0), ("wiener", 0.0), ("noisereduce", -3.0), ("rnnoise", 2.0), ("deepfilternet", 4.0)]
)
def test_answers_are_in_time_with_the_clean_speech(
    pairs: list[tuple[Audio, Audio]], name: str, gain_db: float, rate: int
) -> None:
    gains_db = []
    model = loaded(name)
    for clean, noisy in ((clean.resample(rate), noisy.resample(rate)) for clean, noisy in pairs):
        better = model.enhance(noisy)
        assert (better.frames, better.sample_rate) == (noisy.frames, rate)
        assert abs(lag(clean, better)) <= rate // 16000
        gains_db.append(si_sdr(clean, better) - si_sdr(clean, noisy))
    assert np.mean(gains_db) > gain_db

"""The enhancers' own algorithms, and what they do with real noisy speech (skipped without the pack or the model)."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.contract import Bundle, WeightPaths
from model_lab.loader_utils import onnx
from model_lab.models.gtcrn import loader as gtcrn
from model_lab.models.nsnet2 import loader as nsnet2
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


class Network:
    """An ONNX session that attenuates nothing, or everything; it counts its calls in its state."""

    def __init__(self, gain: float = 1.0, **inputs: tuple[int, ...]) -> None:
        self.gain, self.inputs, self.states = gain, inputs, []

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=name, shape=shape) for name, shape in self.inputs.items()]

    def run(self, _: None, values: dict[str, np.ndarray]) -> list[np.ndarray]:
        first, *states = (values[name] for name in self.inputs)
        self.states.append([state.item() for state in states])
        return [first if states else np.full_like(first, self.gain), *(state + 1 for state in states)]


def enhancer(network: Network, module: Any, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    monkeypatch.setattr(onnx, "session", lambda *_, **__: network)
    card = model_cards.card(module.__name__.split(".")[-2])
    return module.load(card.with_weights(WeightPaths({name: Path(name) for name in card.weights.files})), "cpu")


GTCRN_STATES = dict.fromkeys(("conv_cache", "tra_cache", "inter_cache"), (1,))


@pytest.mark.parametrize("frames", [1, 100, 8000, 12345])
@pytest.mark.parametrize(
    ("module", "inputs"), [(gtcrn, {"mix": (1, 257, 1, 2), **GTCRN_STATES}), (nsnet2, {"input": (1, 1, 161)})]
)
def test_a_network_that_changes_nothing_gives_the_sound_back(
    module: Any, inputs: dict[str, tuple[int, ...]], frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = Audio(np.random.default_rng(0).uniform(-1, 1, frames).astype(np.float32), 16000)
    answer = enhancer(Network(**inputs), module, monkeypatch).enhance(noise)
    np.testing.assert_allclose(answer.samples, noise.samples, atol=1e-5)


def test_gtcrn_hands_each_block_the_state_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(mix=(1, 257, 1, 2), **GTCRN_STATES)
    enhancer(network, gtcrn, monkeypatch).enhance(Audio(np.ones(1024, np.float32), 16000))
    assert network.states == [[float(block)] * 3 for block in range(5)]


def test_nsnet2_attenuates_by_at_most_80_db(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Audio(np.random.default_rng(0).uniform(-1, 1, 8000).astype(np.float32), 16000)
    answer = enhancer(Network(gain=0.0, input=(1, 1, 161)), nsnet2, monkeypatch).enhance(noise)
    np.testing.assert_allclose(answer.samples, noise.samples * 1e-4, atol=1e-8)


def test_hush_without_attenuation_gives_the_sound_back() -> None:
    noise = Audio(np.random.default_rng(0).uniform(-0.5, 0.5, 12345).astype(np.float32), 16000)
    answer = loaded("hush", attenuation_limit_db=0).enhance(noise)
    np.testing.assert_allclose(answer.samples[160:], noise.samples[160:], atol=1e-4)


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
    ("name", "gain_db"),
    [
        ("dtln", 4.0),
        ("gtcrn", 4.0),
        ("nsnet2", 4.0),
        ("hush", 1.0),
        ("wiener", 0.0),
        ("noisereduce", -3.0),
        ("rnnoise", 2.0),
        ("deepfilternet", 4.0),
    ],
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

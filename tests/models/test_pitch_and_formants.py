"""Trackers of pitch and formants: their own arithmetic, and what they make of known sound."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import model_lab
from model_lab.capabilities import capability
from model_lab.errors import ModelLabError
from model_lab.models.lpc_formants import loader as lpc
from model_lab.models.praat import loader as praat
from model_lab.models.torchcrepe import loader as crepe
from model_lab.types import Audio
from tests.models.workers import loaded

TRACKERS = ("torchcrepe", "pesto", "fcpe", "yin", "world_harvest", "world_dio", "praat")


def test_crepes_path_is_the_best_of_all_paths() -> None:
    rng = np.random.default_rng(0)
    scores = 3 * rng.random((4, 15))

    def worth(path: tuple[int, ...]) -> float:
        steps = [abs(later - earlier) for earlier, later in itertools.pairwise(path)]
        if max(steps) > 11:
            return -np.inf
        return sum(scores[frame, place] for frame, place in enumerate(path)) + sum(np.log(12 - step) for step in steps)

    best = max(itertools.product(range(15), repeat=4), key=worth)
    assert crepe._path(scores).tolist() == list(best)


def test_crepes_path_does_not_end_up_at_an_edge() -> None:
    scores = np.zeros((200, 60))
    scores[:, 30] = 0.5
    assert (crepe._path(scores) == 30).all()


def test_crepes_frequency_is_the_mean_of_the_classes_around() -> None:
    scores = np.zeros((3, 360))
    scores[0, 100] = scores[1, 100] = scores[1, 101] = 1.0
    lower, between, nothing = crepe._frequency(scores, np.array([100, 100, 100]))
    assert 1200 * np.log2(between / lower) == pytest.approx(10)
    assert nothing == lower == pytest.approx(10 * 2 ** ((crepe._LOWEST_CENTS + 2000) / 1200))
    assert crepe._class(lower) == 100


def test_praats_guess_is_its_choice_or_its_strongest_candidate() -> None:
    frames = [[(100.0, 0.5), (200.0, 0.9)], [(0.0, 0.0), (300.0, 0.2)], [(0.0, 0.0), (np.nan, np.nan)]]
    candidates = np.array(frames, [("frequency", float), ("strength", float)]).T
    assert praat._best_guess(candidates).tolist() == [100.0, 300.0, 0.0]


def test_the_roots_of_a_predictor_are_its_resonances() -> None:
    rate, wanted, widths = 10000, np.array([500.0, 1500.0, 2500.0]), np.array([60.0, 90.0, 900.0])
    poles = np.exp(-np.pi * widths / rate + 2j * np.pi * wanted / rate)
    predictor = np.poly(np.concatenate([poles, poles.conj()])).real
    found = lpc._resonances(np.stack([predictor, predictor]), rate, 3)
    assert found.shape == (2, 3)
    assert found[:, :2] == pytest.approx(np.tile(wanted[:2], (2, 1)))
    assert np.isnan(found[:, 2]).all()  # too wide


@pytest.mark.parametrize(("hertz", "rate"), [(90, 8000), (220, 44100), (600, 16000)])
@pytest.mark.parametrize("name", TRACKERS)
def test_trackers_hear_a_tone_at_any_rate(name: str, hertz: int, rate: int) -> None:
    time = np.arange(rate) / rate
    tone = sum(np.sin(2 * np.pi * hertz * number * time) / number for number in range(1, 7))
    found = loaded(name).pitch(Audio((0.1 * tone).astype(np.float32), rate))
    middle = (found.times > 0.2) & (found.times < 0.8)
    assert np.median(np.abs(1200 * np.log2(found.f0_hz[middle] / hertz))) < 30
    assert found.times[0] < 0.05 and found.times[-1] > 0.95


@pytest.mark.parametrize("name", ["torchcrepe", "pesto", "world_harvest", "world_dio", "praat"])
def test_trackers_know_noise_from_voice(name: str) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(16000)
    found = loaded(name).pitch(Audio(noise.astype(np.float32), 16000))
    assert np.mean(found.voiced >= 0.5) < 0.3


@pytest.mark.parametrize("name", ["pesto", "fcpe", "yin"])
def test_stretches_join_without_a_seam(name: str) -> None:
    """A slow glide of 45 s, longer than a stretch: no step between neighbours, and the pitch is right throughout."""
    rate = 16000
    hertz = np.linspace(200, 300, 45 * rate)
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    glide = sum(np.sin(number * phase) / number for number in range(1, 6))
    found = loaded(name).pitch(Audio((0.1 * glide).astype(np.float32), rate))
    inside = (found.times > 0.2) & (found.times < 44.8)
    off = 1200 * np.log2(found.f0_hz[inside] / np.interp(found.times[inside], np.arange(len(hertz)) / rate, hertz))
    assert np.abs(off).max() < 30


@pytest.mark.parametrize("name", ["lpc_formants", "praat"])
def test_formants_of_silence_are_none_or_no_error(name: str) -> None:
    model = loaded(name)
    silence = Audio(np.zeros(8000, np.float32), 16000)
    assert capability("formants").problems(model.formants(silence), silence) == []
    if name == "lpc_formants":
        assert np.isnan(model.formants(silence).formants_hz).all()


def test_options_out_of_range_are_refused() -> None:
    for name, options, expected in (
        ("torchcrepe", {"capacity": "tinny"}, "did you mean 'tiny'"),
        ("lpc_formants", {"ceiling": 100}, "1000 to 16000"),
    ):
        loaded(name)
        with pytest.raises(ModelLabError, match=expected):
            model_lab.load(name, **options)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from model_lab import audio, datasets
from model_lab.capabilities import capability
from model_lab.datasets import build
from model_lab.datasets.recipes import Workshop, tones

Make = Callable[..., Any]


@pytest.mark.parametrize("name", ["tones", "rhythms"])
def test_synthetic_cards_materialise_whole(name: str) -> None:
    card = datasets.card(name)
    build.materialise(card, offline=True)
    samples = build.samples(card, "full")
    assert len(samples) == {"tones": 48, "rhythms": 24}[name]
    assert all(sample.reference() is not None for sample in samples)
    assert len(build.samples(card, "smoke")) == card.tiers["smoke"]


@pytest.mark.parametrize("base", [100, 441])
def test_pitch_is_where_the_spectrum_says(workshop: Make, base: int) -> None:
    shop: Workshop = workshop(seed=1, seconds=3.0, bases_hz=[base], noise_snr_db=10)
    for row in tones.pitched(shop):
        if not row["id"].endswith("clean"):
            continue
        sound = audio.read(shop.folder / row["audio"])
        times, f0 = np.array(row["times"]), np.array(row["f0_hz"])
        assert len(times) == len(f0) == 300
        for at, hertz in zip(times[::7], f0[::7], strict=True):
            first = round(at * sound.sample_rate)
            around = sound.samples[max(0, first - 110) : first + 110]
            if hertz == 0:
                assert np.abs(sound.samples[first]) < 1e-3
            elif 0.3 < at < 2.7 and f0[max(0, round(at * 100) - 3) : round(at * 100) + 4].min() > 0:
                assert np.sqrt(np.mean(around**2)) > 0.02
                assert _pitch(sound.samples, sound.sample_rate, at, hertz) == pytest.approx(hertz, rel=0.03)


def _pitch(samples: np.ndarray[Any, Any], rate: int, at: float, near: float) -> float:
    """The pitch whose period makes the sound around ``at`` most like itself: an independent look at the samples."""
    period = rate / near
    size = round(2 * period)
    first = round(at * rate) - size
    piece = samples[first : first + size].astype(float)
    lags = np.arange(round(period * 0.8), round(period * 1.25) + 1)
    alike = [
        np.dot(piece, samples[first + lag : first + lag + size]) / np.linalg.norm(samples[first + lag : first + lag + size])
        for lag in lags
    ]
    best = int(np.argmax(alike))
    if 0 < best < len(lags) - 1:
        left, top, right = alike[best - 1 : best + 2]
        return float(rate / (lags[best] + 0.5 * (left - right) / (left - 2 * top + right)))
    return float(rate / lags[best])


def test_noise_has_the_level_it_says(workshop: Make) -> None:
    shop: Workshop = workshop(seed=1, seconds=2.0, bases_hz=[200], noise_snr_db=10)
    rows = {row["id"]: audio.read(shop.folder / row["audio"]).samples for row in tones.pitched(shop)}
    clean, noisy = rows["steady-200hz-clean"], rows["steady-200hz-noise"]
    sounding = np.abs(clean) > 1e-4
    ratio = np.mean(clean[sounding] ** 2) / np.mean((noisy - clean) ** 2)
    assert 10 * np.log10(ratio) == pytest.approx(10.0, abs=0.3)


def test_beats_are_where_the_drums_are(workshop: Make) -> None:
    tempi = {"rock": [120], "four on the floor": [100], "waltz": [90], "shuffle": [80]}
    shop: Workshop = workshop(seed=1, seconds=12.0, jitter_ms=8, tempi_bpm=tempi)
    judged = capability("tempo")
    for row in tones.beaten(shop):
        sound = audio.read(shop.folder / row["audio"])
        beats = np.array(row["beats"])
        assert 60 / np.diff(beats) == pytest.approx(row["tempo_bpm"], rel=1e-2) and beats[0] > 0 and beats[-1] < 12.0
        assert judged.reference(row, lambda name: shop.folder / name).tempo_bpm == row["tempo_bpm"]
        energy = np.array(
            [np.sum(block**2) for block in np.split(sound.samples[: sound.frames // 110 * 110], sound.frames // 110)]
        )
        rises = np.maximum(0, np.diff(np.sqrt(energy)))
        heights = [rises[max(0, round((at - 0.015) * 22050 / 110)) : round((at + 0.02) * 22050 / 110) + 1].max() for at in beats]
        assert min(heights) > 3 * np.median(rises), f"{row['id']}: a beat without a stroke"

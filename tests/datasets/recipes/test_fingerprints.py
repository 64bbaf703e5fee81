"""Degraded excerpts, of noise bursts in place of music."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_lab import audio
from model_lab.datasets.recipes import Workshop, fingerprints
from model_lab.errors import BadConfig
from model_lab.types import Audio

Make = Callable[..., Any]
RATE = fingerprints.RATE


def tones(seconds: float, seed: int, rate: int = RATE) -> np.ndarray[Any, Any]:
    """A tone of another pitch every half second, in quiet noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(rate // 2) / rate
    notes = [np.sin(2 * np.pi * hertz * t) for hertz in rng.uniform(300, 3000, int(2 * seconds))]
    track = 0.3 * np.concatenate(notes)
    return np.asarray(track + 0.003 * rng.standard_normal(len(track)), np.float32)


@pytest.fixture
def tracks(tmp_path: Path) -> dict[str, Path]:
    for name, seconds in (("short", 12), ("long", 40), ("strange", 12)):
        path = tmp_path / "packages" / "music" / f"{name}.ogg"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tones(seconds, len(name), 22050), 22050)
    return {"music": tmp_path / "packages" / "music"}


SETTINGS = {"seed": 3, "entry_seconds": 8.0, "excerpt_seconds": 4.0, "library": ["short", "long"], "strangers": ["strange"]}


def place(excerpt: Audio, entry: Audio) -> float:
    """The highest normalised correlation of ``excerpt`` anywhere in ``entry``."""
    size = 1 << (entry.frames + excerpt.frames).bit_length()
    spectrum = np.fft.rfft(entry.samples, size) * np.conj(np.fft.rfft(excerpt.samples, size))
    products = np.fft.irfft(spectrum)[: entry.frames - excerpt.frames]
    energy = np.cumsum(np.insert(np.square(entry.samples, dtype=np.float64), 0, 0))
    under = np.sqrt(energy[excerpt.frames :] - energy[: -excerpt.frames])[: len(products)]
    return float(np.max(products / under / np.linalg.norm(excerpt.samples)))


def test_excerpts_are_cut_from_their_entry_and_strangers_from_none(workshop: Make, tracks: dict[str, Path]) -> None:
    shop: Workshop = workshop(tracks, **SETTINGS, conditions=["clean", "2 s"])
    rows = list(fingerprints.excerpts(shop))
    assert list(rows[0]["library"]) == ["short-1", "long-1", "long-2"]
    assert [row["match"] for row in rows] == ["short-1", "short-1", "long-1", "long-1", "long-2", "long-2", "", ""]
    assert {row["group"] for row in rows} == {"short", "long", "strange"}
    library = {name: audio.read(shop.folder / path) for name, path in rows[0]["library"].items()}
    for row in rows:
        excerpt = audio.read(shop.folder / row["audio"])
        assert excerpt.duration == pytest.approx(2.0 if row["degradation"] == "2 s" else 4.0)
        alike = {name: place(excerpt, entry) for name, entry in library.items()}
        assert [name for name, value in alike.items() if value > 0.9] == ([row["match"]] if row["match"] else [])
        assert row["stratum"] == (row["degradation"] if row["match"] else "not in the library (strange)")


@pytest.mark.parametrize("condition", sorted(fingerprints._DEGRADATIONS))
def test_degradations_change_the_sound_and_keep_its_length(condition: str) -> None:
    entry = Audio(tones(8, 1), RATE)
    made = fingerprints._degraded(np.random.default_rng(5), entry, condition, 4.0)
    clean = fingerprints._degraded(np.random.default_rng(5), entry, "clean", 4.0)
    assert made.sample_rate == RATE and np.abs(made.samples).max() <= 0.991
    assert made.duration == pytest.approx(4.0 / (1.03 if condition.startswith("speed") else 1.0), abs=0.15)
    if condition != "clean":
        assert not np.array_equal(made.samples[:1000], clean.samples[:1000])
    again = fingerprints._degraded(np.random.default_rng(5), entry, condition, 4.0)
    assert np.array_equal(made.samples, again.samples)


def test_noise_is_as_loud_as_said() -> None:
    clean = tones(4, 2)
    noisy = fingerprints._noisy(np.random.default_rng(1), clean, 10)
    assert 20 * np.log10(np.std(clean) / np.std(noisy - clean)) == pytest.approx(10, abs=0.1)


def test_speed_raises_pitch_too() -> None:
    t = np.arange(4 * RATE) / RATE
    faster = fingerprints._faster(np.random.default_rng(1), np.sin(2 * np.pi * 1000 * t).astype(np.float32), 1.03)
    peak = np.argmax(np.abs(np.fft.rfft(faster * np.hanning(len(faster))))) * RATE / len(faster)
    assert peak == pytest.approx(1030, abs=1)


def test_a_telephone_carries_nothing_low_or_high() -> None:
    noise = 0.1 * np.random.default_rng(1).standard_normal(4 * RATE).astype(np.float32)
    power = np.abs(np.fft.rfft(fingerprints._telephone(np.random.default_rng(1), noise))) ** 2
    hertz = np.fft.rfftfreq(len(noise), 1 / RATE)
    assert power[hertz > 4200].sum() < 1e-3 * power.sum() and power[hertz < 250].sum() < 0.01 * power.sum()


def test_mistaken_settings_are_refused(workshop: Make, tracks: dict[str, Path]) -> None:
    with pytest.raises(BadConfig, match="no degradation 'louder'"):
        list(fingerprints.excerpts(workshop(tracks, **SETTINGS, conditions=["louder"])))
    with pytest.raises(BadConfig, match="short lasts 12"):
        list(fingerprints.excerpts(workshop(tracks, **(SETTINGS | {"entry_seconds": 20.0}), conditions=["clean"])))

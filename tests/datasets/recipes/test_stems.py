"""Mixtures are the sums of their stems, at the ratio that they state."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.datasets.recipes import Workshop, stems
from model_lab.datasets.recipes._levels import active_rms, spans
from model_lab.types import Audio

Make = Callable[..., Any]
SPOKEN = {"seed": 1, "copies": 3, "ratios_db": [-5, 5], "shortest": 3.0, "longest": 6.0}


def read(shop: Workshop, row: dict[str, Any]) -> tuple[Audio, dict[str, Audio]]:
    return audio.read(shop.folder / row["audio"]), {name: audio.read(shop.folder / path) for name, path in row["stems"].items()}


def level(sound: Audio, speech: bool) -> float:
    whole = [(0.0, sound.duration)]
    return active_rms(sound.samples, sound.sample_rate, spans(sound, stems.PAUSE) if speech else whole)


def check(shop: Workshop, rows: list[dict[str, Any]], names: tuple[str, str], spoken: tuple[bool, bool]) -> None:
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        mixture, parts = read(shop, row)
        assert tuple(parts) == names
        np.testing.assert_array_equal(mixture.samples, sum(stem.samples for stem in parts.values()))
        first, second = (level(parts[name], speech) for name, speech in zip(names, spoken, strict=True))
        assert 20 * np.log10(first / second) == pytest.approx(row["ratio_db"], abs=0.2)


def test_speech_over_music(workshop: Make, fake_prompts: Make, music: dict[str, Path]) -> None:
    shop: Workshop = workshop(fake_prompts("en fr", 4) | music, **SPOKEN, languages=["en", "fr"])
    rows = list(stems.speech_over_music(shop))
    check(shop, rows, ("speech", "music"), (True, False))
    assert {(row["speaker"], row["stratum"]) for row in rows} == set(product(("allison", "june"), ("-5 dB", "5 dB")))


def test_two_speakers(workshop: Make, fake_prompts: Make) -> None:
    shop: Workshop = workshop(fake_prompts("en es fr ru", 6), **SPOKEN, languages=["en", "es", "fr", "ru"])
    rows = list(stems.two_speakers(shop))
    check(shop, rows, ("s1", "s2"), (True, True))
    assert len({tuple(row["speakers"]) for row in rows}) == 3  # English and Spanish are one woman
    used = [prompt for row in rows for prompt in row["id"].split("--")]
    assert len(set(used)) == 2 * len(rows)
    assert {prompt[:2] for prompt in used} == {"en", "es", "fr", "ru"}


def test_chords_and_drums(workshop: Make) -> None:
    shop: Workshop = workshop(seed=1, copies=3, seconds=4.0, tempo_bpm=[80, 150], ratios_db=[-5, 5])
    rows = list(stems.chords_and_drums(shop))
    check(shop, rows, ("harmonic", "percussive"), (False, False))
    for row in rows:
        _, parts = read(shop, row)
        spectra = {name: np.abs(np.fft.rfft(stem.samples)) for name, stem in parts.items()}
        peaked = {name: float(np.sort(spectrum)[-100:].sum() / spectrum.sum()) for name, spectrum in spectra.items()}
        assert peaked["harmonic"] > 2 * peaked["percussive"]


@pytest.mark.parametrize("recipe", ["speech_over_music", "two_speakers", "chords_and_drums"])
def test_same_seed_same_sound(tmp_path: Path, fake_prompts: Make, music: dict[str, Path], recipe: str) -> None:
    settings = SPOKEN | {"copies": 1, "languages": ["en", "fr"], "seconds": 2.0, "tempo_bpm": [80, 150]}
    archives = fake_prompts("en fr", 3) | music
    made = []
    for name in ("one", "two"):
        shop = Workshop(tmp_path / name, archives, settings)
        rows = list(getattr(stems, recipe)(shop))
        made.append((rows, [(shop.folder / row["audio"]).read_bytes() for row in rows]))
    assert made[0] == made[1]

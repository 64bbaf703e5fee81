"""The mechanics of mixing, on tones in place of voices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.datasets.recipes import Workshop, mixes, turns
from model_lab.datasets.recipes._levels import active_rms
from model_lab.datasets.recipes._noises import Noises
from model_lab.datasets.recipes._prompts import prompts
from model_lab.errors import BadConfig, BadManifest

Make = Callable[..., Any]


def rms(samples: np.ndarray[Any, Any]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def test_noisy_and_clean_have_the_ratio_they_say(workshop: Make, fake_prompts: Make, music: dict[str, Path]) -> None:
    settings = {"seed": 1, "copies": 2, "languages": ["en", "fr"], "noises": ["pink", "babble", "music"], "snrs_db": [0, 10]}
    shop: Workshop = workshop(fake_prompts("en fr", 12) | music, **settings)
    rows = list(mixes.noisy_and_clean(shop))
    assert len(rows) == 12 == len({row["id"] for row in rows}) == len({row["group"] for row in rows})
    for row in rows:
        noisy, clean = (audio.read(shop.folder / row[column]).samples for column in ("audio", "clean"))
        measured = 20 * np.log10(active_rms(clean, 16000, row["speech"]) / rms(noisy - clean))
        assert measured == pytest.approx(row["snr_db"], abs=0.05)
        assert np.abs(noisy).max() <= 0.99


def test_ladder_damages_each_clip_with_one_noise(workshop: Make, fake_prompts: Make) -> None:
    shop: Workshop = workshop(
        fake_prompts("en fr", 4), seed=2, clips=3, languages=["en", "fr"], noise="pink", snrs_db=[30, 10, 0]
    )
    rows = list(mixes.ladder(shop))
    assert len(rows) == 9 and len({row["group"] for row in rows}) == 3
    noises = []
    for row in rows:
        noisy, clean = (audio.read(shop.folder / row[column]).samples for column in ("audio", "clean"))
        assert 20 * np.log10(active_rms(clean, 16000, row["speech"]) / rms(noisy - clean)) == pytest.approx(
            row["snr_db"], abs=0.05
        )
        noises.append((noisy - clean) / rms(noisy - clean))
    assert np.mean(noises[0] * noises[2]) > 0.99


def test_speech_in_noise_stands_where_it_says(workshop: Make, fake_prompts: Make, music: dict[str, Path]) -> None:
    conditions = [["quiet", 35], ["pink", 10], ["music", 0], ["babble", 5], ["music", None]]
    settings = {"seed": 3, "seconds": 12.0, "copies": 2, "languages": ["en", "ru"], "conditions": conditions}
    shop: Workshop = workshop(fake_prompts("en ru", 40) | music, **settings)
    rows = list(mixes.speech_in_noise(shop))
    assert len(rows) == 10 == len({row["id"] for row in rows})
    for row in rows:
        sound = audio.read(shop.folder / row["audio"])
        assert sound.duration == 12.0 and np.abs(sound.samples).max() <= 1.0
        if row["snr_db"] is None:
            assert row["speech"] == [] and rms(sound.samples) == pytest.approx(mixes.SPEECH_RMS, rel=0.01)
            continue
        mask = np.zeros(sound.frames, bool)
        for start, end in row["speech"]:
            assert 0 < start < end < 12.0
            mask[round(start * 16000) : round(end * 16000)] = True
        inside, outside = rms(sound.samples[mask]), rms(sound.samples[~mask])
        if row["noise"] in ("quiet", "pink"):
            noise = mixes.SPEECH_RMS * 10 ** (-row["snr_db"] / 20)
            assert outside == pytest.approx(noise, rel=0.15)
            assert inside == pytest.approx(np.hypot(mixes.SPEECH_RMS, noise), rel=0.05)
    quiet = audio.read(shop.folder / rows[0]["audio"])
    for start, end in rows[0]["speech"]:
        before, after = (rms(quiet.samples[round(at * 16000) :][:320]) for at in (start - 0.03, start + 0.03))
        assert after > 5 * before, f"no speech begins at {start} (or ends at {end})"


def test_babble_is_never_the_speaker(workshop: Make, fake_prompts: Make, music: dict[str, Path]) -> None:
    shop: Workshop = workshop(fake_prompts("en es ru", 4) | music, seed=4)
    voices = [prompt for language in ("en", "es", "ru") for prompt in prompts(shop, language)]
    noises = Noises(shop, voices)
    babble = noises.draw("babble", np.random.default_rng(0), 64000, speaker="allison")
    spectrum = np.abs(np.fft.rfft(babble)) ** 2
    frequency = np.fft.rfftfreq(64000, 1 / 16000)

    def power(hertz: float) -> float:
        return float(spectrum[np.abs(frequency - hertz) < 3].max())

    assert power(270) > 1000 * max(power(150), power(210))  # ru is the voice at 270 Hz, en and es those at 150 and 210
    with pytest.raises(BadConfig, match="no noise 'hail'"):
        noises.draw("hail", np.random.default_rng(0), 100)


def test_conversations_hold_the_turns_they_list(workshop: Make, fake_prompts: Make) -> None:
    settings = {
        "seed": 5,
        "recordings": 4,
        "seconds": 20.0,
        "speakers": [2, 3],
        "overlap": 0.5,
        "languages": ["en", "es", "fr", "ru"],
    }
    shop: Workshop = workshop(fake_prompts("en es fr ru", 40), **settings)
    rows = list(turns.conversations(shop))
    pitch = {"allison": (150.0, 210.0), "june": (270.0,), "ivrvoice": (330.0,)}
    overlaps = 0
    for row, count in zip(rows, [2, 3, 2, 3], strict=True):
        assert len({turn["speaker"] for turn in row["turns"]}) == count
        sound = audio.read(shop.folder / row["audio"]).samples
        assert [turn["start"] for turn in row["turns"]] == sorted(turn["start"] for turn in row["turns"])
        for turn in row["turns"]:
            cut = sound[round((turn["start"] + 0.05) * 16000) : round((turn["end"] - 0.05) * 16000)]
            spectrum, frequency = np.abs(np.fft.rfft(cut * np.hanning(len(cut)))), np.fft.rfftfreq(len(cut), 1 / 16000)
            loudest = {hertz: spectrum[np.abs(frequency - hertz) < 8].max() for pair in pitch.values() for hertz in pair}
            assert max(loudest[hertz] for hertz in pitch[turn["speaker"]]) > 0.3 * max(loudest.values())
        overlaps += sum(later["start"] < earlier["end"] for earlier, later in zip(row["turns"], row["turns"][1:], strict=False))
    assert overlaps > 0


def test_who_has_said_everything_is_silent_from_then_on(workshop: Make, fake_prompts: Make) -> None:
    settings = {"seed": 5, "recordings": 1, "speakers": [2], "overlap": 0.0, "languages": ["en", "fr"]}
    archives = fake_prompts("en fr", 4)
    with pytest.raises(BadManifest, match=r"the prompts of allison, june last for \d+ s; the card's setting seconds is 90"):
        list(turns.conversations(workshop(archives, seconds=90.0, **settings)))
    (row,) = turns.conversations(workshop(archives, seconds=20.0, **settings))
    assert {turn["speaker"] for turn in row["turns"]} == {"allison", "june"}


@pytest.mark.parametrize("recipe", ["noisy_and_clean", "ladder", "speech_in_noise"])
def test_same_seed_same_rows(tmp_path: Path, fake_prompts: Make, music: dict[str, Path], recipe: str) -> None:
    settings = {
        "seed": 6,
        "copies": 1,
        "clips": 2,
        "languages": ["en", "fr"],
        "noises": ["pink"],
        "noise": "babble",
        "snrs_db": [5],
    }
    settings |= {"seconds": 10.0, "conditions": [["pink", 5]]}
    archives = fake_prompts("en fr", 12) | music
    made = []
    for name in ("one", "two"):
        shop = Workshop(tmp_path / name, archives, settings)
        rows = list(getattr(mixes, recipe)(shop))
        made.append((rows, [(shop.folder / row["audio"]).read_bytes() for row in rows]))
    assert made[0] == made[1]

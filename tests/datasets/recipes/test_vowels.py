from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from model_lab import audio, datasets
from model_lab.datasets.recipes import Workshop, vowels
from model_lab.types import Audio

VOWELS = dict(datasets.card("synthetic_vowels").source.settings)
VOICES = dict(datasets.card("synthetic_voices").source.settings) | {"takes": 1}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Workshop, list[dict]]]:
    both = {}
    for name, recipe, settings in (("vowels", vowels.steady, VOWELS), ("voices", vowels.spoken, VOICES)):
        workshop = Workshop(tmp_path_factory.mktemp(name), {}, settings)
        both[name] = (workshop, list(recipe(workshop)))
    return both


def sound(workshop: Workshop, row: dict) -> Audio:
    return audio.read(workshop.folder / row["audio"])


def test_every_vowel_of_every_talker_is_there_at_two_pitches(made) -> None:
    _, rows = made["vowels"]
    assert len(rows) == 60 and len({row["id"] for row in rows}) == 60
    for row in rows:
        means = vowels.MEANS[row["stratum"].split(",")[0]][row["vowel"]]
        assert np.allclose(row["formants_hz"], means[1:], rtol=0.051)
        assert row["f0_hz"] == means[0] if "own" in row["stratum"] else 80 <= row["f0_hz"] <= 140


def test_a_low_vowel_is_loudest_at_a_harmonic_next_to_its_first_formant(made) -> None:
    """Around F1, with the fall of the source evened out."""
    workshop, rows = made["vowels"]
    for row in (row for row in rows if row["stratum"] == "man, low F0"):
        heard = sound(workshop, row)
        frequency = np.fft.rfftfreq(heard.frames, 1 / vowels.RATE)
        spectrum = np.abs(np.fft.rfft(heard.samples * np.hanning(heard.frames))) * frequency
        first, f0 = row["formants_hz"][0], row["f0_hz"]
        around = np.abs(frequency - first) < 2.5 * f0
        assert abs(frequency[around][spectrum[around].argmax()] - first) < f0


def test_the_response_peaks_at_its_resonances() -> None:
    frequency = np.arange(50.0, 7900.0, 1.0)
    tract = np.array([600.0, 1700.0, 2600.0, 3500.0])
    gain = np.abs(vowels._response(frequency, np.tile(tract, (len(frequency), 1))))
    peaks = frequency[1:-1][(gain[1:-1] > gain[:-2]) & (gain[1:-1] > gain[2:])]
    assert np.allclose(peaks, tract, atol=30)  # neighbours pull a little
    assert abs(vowels._response(np.zeros(1), tract[None]))[0] == pytest.approx(1)


def test_voices_have_every_condition_and_unvoiced_sound(made) -> None:
    workshop, rows = made["voices"]
    assert {(row["voice"], row["stratum"]) for row in rows} == {
        (voice, condition) for voice in VOICES["voices"] for condition in vowels._CONDITIONS
    }
    for row in rows:
        f0 = np.array(row["f0_hz"])
        base = VOICES["voices"][row["voice"]][1]
        assert 0.3 < (f0 > 0).mean() < 0.95
        assert (f0[f0 > 0] > 0.75 * base).all() and (f0[f0 > 0] < 1.6 * base).all()
        assert sound(workshop, row).duration == VOICES["seconds"]


def test_a_voice_repeats_itself_after_its_period(made) -> None:
    workshop, rows = made["voices"]
    for row in (row for row in rows if row["stratum"] == "clean"):
        samples, f0 = sound(workshop, row).samples, np.array(row["f0_hz"])
        steady = [n for n in range(4, len(f0) - 8) if (f0[n - 4 : n + 8] > 0).all()]
        likeness = []
        for n in steady:
            start, lag = n * 160, vowels.RATE / f0[n]
            length = int(2 * lag)
            later = np.interp(np.arange(length) + start + lag, np.arange(len(samples)), samples)
            likeness.append(np.corrcoef(samples[start : start + length], later)[0, 1])
        assert np.median(likeness) > 0.85


def test_the_telephone_takes_the_fundamental_away(made) -> None:
    workshop, rows = made["voices"]
    (row,) = (row for row in rows if row["stratum"] == "telephone" and row["voice"] == "bass")
    power = np.abs(np.fft.rfft(sound(workshop, row).samples)) ** 2
    assert power[: int(200 * VOICES["seconds"])].sum() < 1e-4 * power.sum()


def test_the_same_seed_makes_the_same_sound(made, workshop: Callable[..., Workshop]) -> None:
    _, rows = made["vowels"]
    again = list(vowels.steady(workshop(**VOWELS)))
    assert json.dumps(again) == json.dumps(rows)

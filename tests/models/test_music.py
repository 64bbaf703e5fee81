"""Models of music: what their loaders decide by themselves, and what they hear in the development pack."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.errors import ModelLabError
from model_lab.loader_utils.composing import Key
from model_lab.metrics._base import pool
from model_lab.models.basic_pitch import loader as basic_pitch
from model_lab.models.composer import loader as composer
from model_lab.models.krumhansl_key import loader as krumhansl
from model_lab.registry import model_cards
from model_lab.types import Audio, Beats, Note
from tests.conftest import SHARED
from tests.models.workers import loaded

in_pack = pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")


def read(prompt: str, seed: int = 1) -> composer.Request:
    return composer.commission(prompt, np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("prompt", "key"),
    [
        ("a tune in A minor", "A minor"),
        ("a tune in a minor", "A minor"),
        ("Bb major, please", "Bb major"),
        ("music in B flat Major", "Bb major"),
        ("F-sharp minor", "F# minor"),
        ("C# maj at 90 bpm", "C# major"),
        ("E♭ min", "Eb minor"),
    ],
)
def test_the_composer_reads_keys(prompt: str, key: str) -> None:
    assert read(prompt).key.name == key


@pytest.mark.parametrize("prompt", ["something in a minor key", "a minor piece", "a minor setback, in a minor key"])
def test_an_article_is_no_tonic(prompt: str) -> None:
    found = {read(prompt, seed).key for seed in range(20)}
    assert {key.mode for key in found} == {"minor"} and len(found) > 3


@pytest.mark.parametrize(
    ("prompt", "low", "high"),
    [
        ("at 97 bpm", 97, 97),
        ("132.5 beats per minute", 132.5, 132.5),
        ("very slow", 48, 60),
        ("a slow happy song", 60, 80),
        ("fast and sad", 128, 152),
        ("a sad song", 60, 84),
    ],
)
def test_the_composer_reads_tempi(prompt: str, low: float, high: float) -> None:
    assert all(low <= read(prompt, seed).tempo_bpm <= high for seed in range(10))


def test_a_tempo_nobody_can_play_is_refused() -> None:
    for prompt in ("at 900 bpm", "at 5 bpm"):
        with pytest.raises(ModelLabError, match="expected 30 to 300"):
            read(prompt)


@pytest.mark.parametrize(
    ("prompt", "programs", "kit"),
    [
        ("a sad piano piece", (0,), ""),
        ("a violin solo with nobody else", (40,), ""),
        ("flute and harp", (73, 46), ""),
        ("synth, bass and drums, calm", (81, 33), "rock"),
        ("electric guitar and bass rock", (27, 33), "rock"),
        ("rock without drums", (27, 19, 33), ""),
        ("a waltz for strings and piano", (48, 0), ""),
        ("jazz with sax", (65, 0, 33), "swing"),
        ("a classical guitar piece, calm", (24,), ""),
        ("two guitars and electric pianos, calm", (24, 4), ""),
        ("energetic violin", None, "rock"),
    ],
)
def test_the_composer_reads_instruments(prompt: str, programs: tuple[int, ...] | None, kit: str) -> None:
    found = read(prompt)
    assert found.kit == kit and found.metre == (3 if "waltz" in prompt else 4)
    assert found.instruments == programs if programs else (found.instruments[0], found.instruments[-1]) == (40, 33)


@pytest.mark.parametrize(
    "prompt", ["", "xyzzy", "música triste en la menor", "80s pop track with bassy drums and synth", "☃" * 2000]
)
@pytest.mark.parametrize("seconds", [0.1, 8.0, 33.0])
def test_every_prompt_becomes_whole_bars_of_about_the_length_asked_for(prompt: str, seconds: float) -> None:
    request = read(prompt)
    parts = composer.arrange(request, seconds, np.random.default_rng(0))
    bar = request.metre * 60 / request.tempo_bpm
    last = max(strike.offset for part in parts for strike in part.strikes)
    assert min(seconds, 2 * bar) - bar < last <= max(seconds, 2 * bar) + bar
    assert len(parts) == len(request.instruments) + bool(request.kit)
    assert all(part.strikes for part in parts)


def test_the_composer_keeps_to_its_key() -> None:
    request = read("a happy piano tune in D major, 120 bpm")
    (part,) = composer.arrange(request, 10.0, np.random.default_rng(0))
    assert {strike.key % 12 for strike in part.strikes} <= set(Key(2, "major").scale(1))


@pytest.mark.parametrize("seconds", [0, -1, 601, float("nan")])
def test_the_composer_refuses_lengths_it_cannot_make(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    card = model_cards.card("composer")
    monkeypatch.setattr(type(card), "file", lambda self, name: Path(name))
    with pytest.raises(ModelLabError, match="more than 0 and at most 600"):
        composer.load(card, "cpu").music_gen("x", seconds)


@pytest.mark.parametrize(("tonic", "mode"), [(0, "major"), (3, "minor"), (11, "major")])
def test_a_profile_is_taken_for_its_own_key(tonic: int, mode: str) -> None:
    chroma = np.roll(krumhansl._PROFILES[mode], tonic)
    first, *others = krumhansl.keys(chroma)
    assert (first.name, first.score) == (Key(tonic, mode).name, pytest.approx(1.0))
    assert len(others) == 23 and all(0 <= label.score < 1 for label in others)


def test_no_pitch_is_no_key() -> None:
    assert krumhansl.keys(np.zeros(12)) == krumhansl.keys(np.full(12, 0.3)) == []


def test_windows_cover_the_sound_and_overlap_by_thirty_frames() -> None:
    samples = np.arange(100_000, dtype=np.float32)
    windows = list(basic_pitch._windows(samples))
    step = basic_pitch._WINDOW - 30 * 256
    assert all(window.shape == (basic_pitch._WINDOW,) for window in windows)
    for number, window in enumerate(windows):
        first = number * step - 15 * 256
        expected = [index if 0 <= index < len(samples) else 0 for index in range(first, first + len(window))]
        np.testing.assert_array_equal(window, expected)
    assert len(windows) * step >= len(samples)


def rows(kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SHARED / kind / "manifest.jsonl").read_text("utf-8").splitlines()]


@in_pack
@pytest.mark.parametrize(("name", "least"), [("librosa_beat", 0.6), ("aubio_beat", 0.6), ("plp_beat", 0.2), ("madmom_tcn", 0.7)])
def test_beat_trackers_find_the_tempo_of_music(name: str, least: float) -> None:
    asked = capability("tempo").metric("tempo_accuracy_2")
    model = loaded(name)
    parts = [
        asked.components(Beats(row["bpm"], np.array(row["beats"], np.float32)), model.tempo(SHARED / "tempo_beat" / row["audio"]))
        for row in rows("tempo_beat")[:8]
    ]
    assert asked.value(pool(parts)) >= least


@in_pack
@pytest.mark.parametrize(("name", "least"), [("basic_pitch", 0.5), ("transkun", 0.9)])
def test_transcribers_hear_the_notes_of_a_fugue(name: str, least: float) -> None:
    row = next(row for row in rows("music_transcription") if row["id"] == "bach_bwv846_fugue")
    with (SHARED / "music_transcription" / row["notes"]).open() as lines:
        truth = [
            Note(float(note["onset_s"]), float(note["offset_s"]), 440 * 2 ** ((float(note["midi"]) - 69) / 12))
            for note in csv.DictReader(lines)
        ]
    music = audio.read(SHARED / "music_transcription" / row["audio"])
    start = Audio(music.samples[..., : 10 * music.sample_rate], music.sample_rate)
    found = loaded(name).music_transcription(start)
    assert capability("music_transcription").primary.score([note for note in truth if note.offset < 10], found) > least


def test_the_composer_plays_what_is_asked_for() -> None:
    model = loaded("composer")
    music: Audio = model.music_gen("a calm piano piece in C major at 90 bpm", 3.0)
    assert music.samples.shape == (2, 3 * music.sample_rate) and 0.5 < np.abs(music.samples).max() <= 1
    again, other = model.music_gen("a calm piano piece in C major at 90 bpm", 3.0), model.music_gen("a calm piano piece", 3.0)
    np.testing.assert_array_equal(music.samples, again.samples)
    assert not np.array_equal(music.samples, other.samples)

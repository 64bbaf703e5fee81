"""Stamps described by buzzes: which texts and sounds belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_lab import audio
from model_lab.datasets.recipes import Workshop, resampled, stamps
from tests.datasets.conftest import bursts


def stamp(root: Path, name: str, text: str, hertz: float, spoken_s: float = 1.0) -> None:
    """A stamp with its list of texts, and a description in French that buzzes for ``spoken_s``."""
    listing = root / stamps.STAMPS / f"{name}.txt"
    listing.parent.mkdir(parents=True, exist_ok=True)
    listing.write_text(f"An English text.\nes.utf8=Un texto.\n{f'fr.utf8={text}' if text else ''}\n")
    samples = bursts([(0.2, 0.2 + spoken_s)], spoken_s + 0.4, hertz, 44100)
    soundfile.write(listing.with_name(f"{listing.stem}_desc_fr.ogg"), np.stack([samples, samples], 1), 44100, format="OGG")


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    root = tmp_path / "deb"
    stamp(root, "animals/birds/owl", "Un  grand hibou.", 200)
    stamp(root, "animals/cat", "Un chat, c'est « bien » !", 210)
    stamp(root, "food/pear", "un grand Hibou.", 220)
    stamp(root, "food/dollar", "Une pièce (1 $).", 230)
    stamp(root, "food/word", "Poire.", 240)
    stamp(root, "food/none", "", 250)
    stamp(root, "food/long", "Un très long texte que personne ne dit si vite.", 260)
    stamp(root, "food/slow", "Un âne.", 270, spoken_s=3.0)
    stamp(root, "symbols/a", "La lettre a.", 280)
    stamp(root, "town/one", "Une maison bleue.", 290)
    stamp(root, "town/two", "Une maison rouge.", 290)
    settings = {"language": "fr", "min_words": 2, "letters_per_second": [4, 22]}
    return Workshop(tmp_path, {"tuxpaint-stamps-default": root}, settings)


def test_texts_and_sounds_belong_together(shop: Workshop) -> None:
    rows = list(stamps.transcripts(shop))
    assert [(row["id"], row["text"], row["stratum"], row["language"]) for row in rows] == [
        ("animals-birds-owl", "Un grand hibou.", "animals", "fr"),
        ("animals-cat", "Un chat, c'est « bien » !", "animals", "fr"),
    ]
    sound = audio.read(shop.folder / rows[0]["audio"])
    assert sound.sample_rate == 16000 and sound.samples.ndim == 1 and sound.duration == pytest.approx(1.4, abs=0.02)


def test_bounds_of_the_rate_are_the_cards(shop: Workshop) -> None:
    shop.settings["letters_per_second"] = [1, 60]
    assert {row["id"] for row in stamps.transcripts(shop)} >= {"food-long", "food-slow"}
    assert not {row["id"] for row in stamps.transcripts(shop)} & {"food-word", "food-dollar", "symbols-a", "town-one", "town-two"}


def test_a_language_without_recordings_has_no_rows(shop: Workshop) -> None:
    shop.settings["language"] = "es"
    assert list(stamps.transcripts(shop)) == []


def test_overshoot_of_resampling_is_turned_down(tmp_path: Path) -> None:
    square = np.sign(np.sin(2 * np.pi * 441 * np.arange(44100) / 44100)).astype(np.float32)
    soundfile.write(tmp_path / "loud.wav", square, 44100, subtype="FLOAT")
    sound = resampled.mono(tmp_path / "loud.wav", 16000)
    assert np.abs(audio.read(tmp_path / "loud.wav").resample(16000).samples).max() > 1.05
    assert np.abs(sound.samples).max() == pytest.approx(1.0, abs=1e-6) and sound.sample_rate == 16000

"""Dialogues of tones: words and turns stand where the sound is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_lab import audio
from model_lab.datasets.recipes import Workshop, dialogues
from tests.datasets.conftest import bursts

Make = Callable[..., Any]
SETTINGS = {"seed": 1, "recordings": 4, "turns": 6, "speakers": [2, 3], "spelling": {}}
PROMPTS = {"language": "en", "min_words": 4, "max_seconds": 6.0}


@pytest.fixture
def archives(fake_prompts: Make, tmp_path: Path) -> dict[str, Path]:
    """Prompts of one speaker, and as many sentences of two others as a recording needs."""
    data = tmp_path / "deb/usr/share/pocketsphinx/test/data"
    for part, listing, hertz in (("librivox", "transcription", 200.0), ("cards", "cards.transcription", 500.0)):
        (data / part).mkdir(parents=True)
        for number in range(3):
            soundfile.write(data / part / f"{number}.wav", bursts([(0.3, 1.3)], 1.6, hertz), 16000)
        lines = [f"<s> {part} number {number} </s> ({number})" for number in range(3)]
        (data / part / listing).write_text("\n".join(lines))
    np.arange(16000, dtype="<i2").tofile(data / "goforward.raw")
    return fake_prompts("en", 8) | {"pocketsphinx-testdata": tmp_path / "deb"}


def test_words_stand_in_turns_and_turns_in_sound(workshop: Make, archives: dict[str, Path]) -> None:
    shop: Workshop = workshop(archives, **SETTINGS, **PROMPTS)
    rows = list(dialogues.dialogues(shop))
    assert [sorted({turn["speaker"] for turn in row["turns"]}) for row in rows] == [
        ["allison", "cards"],
        ["allison", "cards", "librivox"],
        ["allison", "librivox"],
        ["allison", "cards", "librivox"],
    ]
    assert [path.name for path in sorted((shop.folder / "audio").iterdir())] == [f"{row['id']}.flac" for row in rows]
    for row in rows:
        sound = audio.read(shop.folder / row["audio"])
        for turn in row["turns"]:
            said = sound.samples[round((turn["start"] + 0.02) * 16000) : round((turn["end"] - 0.02) * 16000)]
            assert np.sqrt(np.mean(said**2)) == pytest.approx(0.05, rel=0.1)
        assert all(before["end"] <= after["start"] for before, after in pairwise(row["turns"]))
        assert all(before["end"] <= after["start"] for before, after in pairwise(row["words"]))
        for word in row["words"]:
            touched = [turn for turn in row["turns"] if turn["start"] < word["end"] and word["start"] < turn["end"]]
            assert {turn["speaker"] for turn in touched} == {word["speaker"]}
        texts = " ".join(word["text"] for word in row["words"])
        assert texts.count("number") == 6 and len(set(texts.split("number"))) >= 6


def test_the_same_seed_gives_the_same_dialogues(workshop: Make, archives: dict[str, Path]) -> None:
    shop: Workshop = workshop(archives, **SETTINGS, **PROMPTS)
    first = list(dialogues.dialogues(shop))
    assert first == list(dialogues.dialogues(shop))
    shop.settings["seed"] = 2
    assert first != list(dialogues.dialogues(shop))

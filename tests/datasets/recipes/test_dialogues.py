"""Dialogues of tones: words and turns stand where the sound is."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_lab import audio
from model_lab.datasets.recipes import Workshop, dialogues
from model_lab.types import Audio
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


def test_phrases_are_entities_where_they_are_said(workshop: Make, archives: dict[str, Path]) -> None:
    phrases = {"CARDINAL": ["1", "2"], "ORG": ["librivox"], "PRODUCT": ["sentence number"]}
    shop: Workshop = workshop(archives, **SETTINGS, **PROMPTS, entities=phrases)
    rows = list(dialogues.dialogues(shop))
    assert [row["turns"] for row in rows] == [
        row["turns"] for row in dialogues.dialogues(workshop(archives, **SETTINGS, **PROMPTS))
    ]
    assert {entity["label"] for row in rows for entity in row["entities"]} == {"CARDINAL", "ORG", "PRODUCT"}
    for row in rows:
        said = [word["text"] for word in row["words"]]
        assert row["labels"] == ["CARDINAL", "ORG", "PRODUCT"] and len(row["marked"]) == 6
        assert sum(entity["label"] == "ORG" for entity in row["entities"]) == said.count("librivox")
        for entity in row["entities"]:
            touched = [word["text"] for word in row["words"] if entity["start"] <= word["start"] and word["end"] <= entity["end"]]
            assert " ".join(touched).rstrip(".") == entity["text"]


def test_noise_stands_at_its_ratio_to_the_clean_version(workshop: Make, archives: dict[str, Path]) -> None:
    shop: Workshop = workshop(archives, **SETTINGS, **PROMPTS, noises=[["pink", 10], ["pink", 0]])
    rows = list(dialogues.dialogues(shop))
    assert [row["snr_db"] for row in rows] == [10, 0, 10, 0]
    for row in rows:
        noisy, clean = (audio.read(shop.folder / row[column]).samples for column in ("audio", "clean"))
        spoken = np.concatenate([clean[round(turn["start"] * 16000) : round(turn["end"] * 16000)] for turn in row["turns"]])
        ratio = 20 * np.log10(np.sqrt(np.mean(spoken**2)) / np.sqrt(np.mean((noisy - clean) ** 2)))
        assert ratio == pytest.approx(row["snr_db"], abs=0.3)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Sentences of three speakers; one of them has none that was marked."""
    folder = tmp_path / "pack"
    rows = {"asr": list[dict[str, Any]](), "ner": list[dict[str, Any]]()}
    for number, speaker in enumerate(("ann", "bob", "eve")):
        for place in range(4):
            name, text = f"{speaker}{place}", f"{speaker} went to Rome, and came back {place} times."
            audio.write(folder / f"asr/{name}.flac", Audio(bursts([(0.3, 2.3)], 2.6, 200.0 + 150 * number), 16000))
            about = {"id": name, "text": text, "language": "en"}
            rows["asr"].append(about | {"audio": f"{name}.flac", "speaker": speaker})
            if speaker != "eve" and place < 2:
                spans = [{"text": "Rome", "label": "GPE", "start_char": 12, "end_char": 16}]
                rows["ner"].append(about | {"audio": f"../asr/{name}.flac", "entities": spans if place else []})
    for task, lines in rows.items():
        (folder / task).mkdir(exist_ok=True)
        (folder / task / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_a_packs_sentences_and_marks(workshop: Make, pack: Path) -> None:
    shop: Workshop = workshop({"pack": pack}, seed=1, recordings=4, turns=6, speakers=[2, 3], task="ner", languages=["en"])
    rows = list(dialogues.of_pack(shop))
    assert [sorted({turn["speaker"] for turn in row["turns"]}) for row in rows] == [
        ["ann", "bob"],
        ["ann", "bob", "eve"],
        ["ann", "eve"],
        ["ann", "bob", "eve"],
    ]
    assert {path.name for path in (shop.folder / "audio").iterdir()} == {f"{row['id']}.flac" for row in rows}
    for row in rows:
        speakers = [turn["speaker"] for turn in row["turns"]]
        marked = [turn["speaker"] for turn in row["turns"] if any(a <= turn["start"] < b for a, b in row["marked"])]
        for speaker in speakers:
            first = 0 if speaker == "eve" else min(2, speakers.count(speaker))
            assert marked.count(speaker) == first, "those that were marked come first"
        said = " ".join(word["text"] for word in row["words"])
        assert len(row["entities"]) == sum(f"{name} went to Rome, and came back 1 times." in said for name in ("ann", "bob"))
        assert len(row["marked"]) == len(marked) and row["labels"] == ["GPE"]
        for entity in row["entities"]:
            [word] = [word for word in row["words"] if word["start"] == entity["start"]]
            assert (word["text"], word["end"], entity["text"]) == ("Rome,", entity["end"], "Rome")

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_lab import audio
from model_lab.datasets.recipes import Workshop, asterisk
from model_lab.datasets.recipes._prompts import prompts
from tests.datasets.conftest import bursts, prompts_package

TEXTS = {
    "beep": "[this is a tone]",
    "short": "Hello.",
    "intro": "Leave it after the tone. (tone plays)",
    "star": "Press * to go on with it",
    "silence/1": "one second of silence it is",
    "vm-hello": "Welcome  to the Directory, umute it.",
    "letters/long": "... four words are said",
    "empty": "This file holds no sound.",
    "no-sound": "This is in the list only.",
    "twin": "welcome to the directory, umute it.",
}


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    sound = bursts([(0.2, 1.0)], 1.2)
    archives = prompts_package(
        tmp_path / "packages", "en", TEXTS, {key: sound for key in TEXTS if key not in ("no-sound", "empty")}
    )
    folder = archives["asterisk-core-sounds-en-g722"] / "usr/share/asterisk/sounds/voice"
    (folder / "empty.g722").touch()
    (folder / "untold.g722").write_bytes((folder / "twin.g722").read_bytes())
    settings = {"language": "en", "min_words": 4, "max_words": 9, "max_seconds": 30.0, "spelling": {"umute": "unmute"}}
    return Workshop(tmp_path, archives, settings)


def test_prompts_are_words_that_are_said(shop: Workshop) -> None:
    found = prompts(shop, "en", {"umute": "unmute"})
    assert {prompt.name: prompt.text for prompt in found} == {
        "short": "Hello.",
        "vm-hello": "Welcome to the Directory, unmute it.",
        "letters/long": "four words are said",
        "twin": "welcome to the directory, unmute it.",
    }
    assert {prompt.id for prompt in found} >= {"en-letters-long"} and {prompt.speaker for prompt in found} == {"allison"}
    assert all(prompt.duration == pytest.approx(prompt.read().duration, abs=0.01) for prompt in found)


def test_transcripts(shop: Workshop) -> None:
    rows = list(asterisk.transcripts(shop))
    assert [(row["id"], row["stratum"]) for row in rows] == [
        ("en-letters-long", "4-7 words"),
        ("en-twin", "4-7 words"),
        ("en-vm-hello", "4-7 words"),
    ]
    assert all(0 <= row["speech_start"] < row["speech_end"] <= shop.seconds[row["audio"]] for row in rows)
    saved = audio.read(shop.folder / rows[0]["audio"])
    (source,) = (prompt for prompt in prompts(shop, "en") if prompt.id == "en-letters-long")
    assert saved.sample_rate == 16000 and np.array_equal(saved.samples, source.read().samples)


def test_long_prompts_are_left_out(shop: Workshop) -> None:
    shop.settings["max_seconds"] = 1.0
    assert list(asterisk.transcripts(shop)) == []


def test_readings_are_whole_sentences_once(shop: Workshop) -> None:
    assert [row["text"] for row in asterisk.readings(shop)] == ["Welcome to the Directory, unmute it."]

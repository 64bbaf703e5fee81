from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_lab import audio
from model_lab.datasets.recipes import Workshop, turn_ends
from tests.datasets.conftest import bursts, prompts_package

SPEECH = {
    "paused": bursts([(0.2, 1.2), (1.6, 2.6)], 3.0),
    "alike": bursts([(0.3, 1.3)], 1.6),
    "longer": bursts([(0.2, 4.0)], 4.2),
    "two": bursts([(0.2, 1.2), (1.8, 2.4)], 2.6),
    "brief": bursts([(0.2, 0.4)], 0.6),
}
TEXTS = {
    "paused": "After the tone, speak.",
    "alike": "Please speak now.",
    "longer": "Please go on speaking for as long as you like.",
    "two": "Wait. Then speak.",
    "brief": "Now.",
}


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    archives = prompts_package(tmp_path / "packages", "en", TEXTS, SPEECH)
    return Workshop(tmp_path, archives, {"seed": 1, "languages": ["en"], "pause": 0.2, "shortest": 0.5})


def test_a_pause_in_a_sentence_and_an_end_of_the_same_length(shop: Workshop) -> None:
    rows = list(turn_ends.pauses(shop))
    assert [(row["id"], row["ended"], row["group"]) for row in rows] == [
        ("en-paused-pause-1", False, "en-paused"),
        ("en-alike-end", True, "en-alike"),
    ]
    assert {row["language"] for row in rows} == {"en"}


def test_nothing_after_the_pause_is_heard(shop: Workshop) -> None:
    for row in turn_ends.pauses(shop):
        sound = audio.read(shop.folder / row["audio"])
        assert sound.duration == pytest.approx(1.0 + 0.2, abs=0.05)
        speech, pause = np.split(sound.samples, [sound.frames - round(0.18 * sound.sample_rate)])
        assert 20 * np.log10(speech.std() / pause.std()) == pytest.approx(45, abs=3)

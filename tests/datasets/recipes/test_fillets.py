"""Lines of a game made of buzzes: which are used, whose they are, and what stands where in a dialogue."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_lab import audio, datasets
from model_lab.datasets import archives as packages
from model_lab.datasets.recipes import Workshop, fillets
from model_lab.errors import BadConfig
from tests.datasets.conftest import USERS_CACHE, bursts

GAME = "usr/share/games/fillets-ng"
ENTRY = 'dialogId("{key}", "{colour}", "{english}")\ndialogStr("{text}")\n\n\n'
HERTZ = {"font_small": 250.0, "font_big": 120.0}


def write(root: Path, language: str, level: str, lines: list[tuple[str, str, str, str]], rate: int = 22050) -> None:
    """A script, and a sound for every line whose English text is not "mute"; each buzzes at a frequency of its own."""
    script = root / f"fillets-ng-data/{GAME}/script/{level}/dialogs_{language}.lua"
    script.parent.mkdir(parents=True, exist_ok=True)
    entries = [ENTRY.format(key=key, colour=colour, english=english, text=text) for key, colour, english, text in lines]
    script.write_text("\n-- Remarks\n" + "".join(entries) + 'dialogId("noise", "", "")\n')
    for number, (key, colour, english, _) in enumerate(lines):
        if english != "mute":
            path = root / f"fillets-ng-data-{language}/{GAME}/sound/{level}/{language}/{key}.ogg"
            path.parent.mkdir(parents=True, exist_ok=True)
            pitch = HERTZ.get(colour, 180.0) + number + 0.1 * len(level)
            samples = bursts([(0.2, 1.8)], 2.2, pitch, rate)
            soundfile.write(path, np.stack([samples, samples], 1) if language == "nl" else samples, rate, format="OGG")


def shop_of(root: Path, **settings: Any) -> Workshop:
    folder = root / "made"
    folder.mkdir(exist_ok=True)
    archives = {path.name: path for path in root.iterdir() if path.name.startswith("fillets")}
    return Workshop(folder, archives, settings)


def talk(level: str, count: int, language: str = "cs") -> list[tuple[str, str, str, str]]:
    colours = ("font_small", "font_big")
    return [(f"{level}{n}", colours[n % 2], f"Line {n} of it.", f"{language} řádek číslo {'x' * (n + 1)}") for n in range(count)]


def test_lines_are_words_with_a_sound_each_once(tmp_path: Path) -> None:
    lines = [
        ("a", "font_small", "What is this?", "Co to  je?"),
        ("b", "font_big", "It took %1 hours.", "Konkrétně %1 hodin."),
        ("c", "font_viking1", "Ours.", "Naše „loď“ – ’je’… ta; má: nejlepší!"),
        ("d", "font_big", "Wait, red.", "Подожди, počkej."),
        ("e", "font_big", "mute", "Tohle není slyšet."),
        ("f", "font_big", "Press F2.", "Stiskni F2."),
        ("g", "", "", ""),
        ("h", "font_big", "A word \\\\ with it.", "Slovo \\\\ s tím."),
    ]
    write(tmp_path, "cs", "cave", lines)
    write(tmp_path, "cs", "keys", [("k", "font_small", "Keys.", "Klíče jsou tady.")], rate=44100)
    twin = tmp_path / f"fillets-ng-data-cs/{GAME}/sound/well/cs/twin.ogg"
    write(tmp_path, "cs", "well", [("twin", "font_small", "Again.", "Zase to samé.")])
    twin.write_bytes((twin.parents[2] / "cave/cs/a.ogg").read_bytes())
    found = fillets.lines(shop_of(tmp_path), "cs")
    assert [(line.id, line.number, line.role, line.later, line.is_fish) for line in found] == [
        ("cs-cave-a", 0, "small", False, True),
        ("cs-cave-c", 2, "other", False, False),
        ("cs-keys-k", 0, "small", True, False),
    ]
    assert found[0].english == "What is this?" and {line.read().sample_rate for line in found} == {16000}


def test_soundless_files_are_left_out(tmp_path: Path) -> None:
    write(
        tmp_path, "nl", "gems", [("zav-v-sto", "font_big", "Pause.", "Sta even stil."), ("b", "font_big", "Now.", "Nu dan toch.")]
    )
    assert [line.key for line in fillets.lines(shop_of(tmp_path), "nl")] == ["b"]


def test_transcripts_and_translations(tmp_path: Path) -> None:
    lines = [
        ("a", "font_small", "What a strange ship!", "Wat een raar schip!"),
        ("b", "font_big", "No.", "Nee nee."),
        ("c", "font_big", "It is LC-10.", "Dat is een vliegtuig."),
    ]
    write(tmp_path, "nl", "cave", lines)
    shop = shop_of(tmp_path, language="nl", languages=["nl"], min_words=3, max_seconds=30.0)
    rows = list(fillets.transcripts(shop))
    assert [(row["id"], row["text"], row["role"], row["level"]) for row in rows] == [
        ("nl-cave-a", "Wat een raar schip!", "small", "cave"),
        ("nl-cave-c", "Dat is een vliegtuig.", "big", "cave"),
    ]
    assert {(row["cast"], row["background"], row["group"]) for row in rows} == {("first", "quiet", "nl-cave")}
    sound = audio.read(shop.folder / rows[0]["audio"])
    assert sound.sample_rate == 16000 and sound.samples.ndim == 1
    translated = list(fillets.translations(shop))
    assert [(row["id"], row["translation"]) for row in translated] == [("nl-cave-a", "What a strange ship!")]
    assert translated[0]["text"] == "Wat een raar schip!"
    shop.settings["max_seconds"] = 1.0
    assert list(fillets.transcripts(shop)) == []


def test_noise_under_a_line_is_an_audible_background(tmp_path: Path) -> None:
    write(tmp_path, "cs", "cave", [("a", "font_small", "Noise.", "Tady je hluk.")])
    path = tmp_path / f"fillets-ng-data-cs/{GAME}/sound/cave/cs/a.ogg"
    noise = np.random.default_rng(1).normal(0, 0.03, round(2.2 * 22050))
    soundfile.write(path, bursts([(0.2, 1.8)], 2.2, 250.0, 22050) + noise, 22050, format="OGG")
    shop = shop_of(
        tmp_path, language="cs", languages=["cs"], min_words=3, max_seconds=30.0, shortest=1.0, longest=9.0, seed=1, pairs=1
    )
    assert [row["background"] for row in fillets.transcripts(shop)] == ["audible"]
    with pytest.raises(BadConfig, match="too few lines"):
        list(fillets.trials(shop))
    soundfile.write(path, bursts([(0.2, 1.8)], 2.2, 250.0, 22050) + 0.05, 22050, format="OGG")
    assert [row["background"] for row in fillets.transcripts(shop)] == ["quiet"], "a constant offset is not heard"


def test_languages_are_those_of_the_packages(tmp_path: Path) -> None:
    write(tmp_path, "cs", "cave", talk("a", 2))
    write(tmp_path, "nl", "cave", talk("b", 3, "nl"))
    rows = list(fillets.languages(shop_of(tmp_path, languages=["cs", "nl"], seed=1, per_language=2, shortest=2.0, longest=8.0)))
    assert Counter(row["language"] for row in rows) == {"cs": 2, "nl": 2}
    assert all(row["languages"] == ["cs", "nl"] for row in rows)
    assert list(fillets.languages(shop_of(tmp_path, languages=["cs"], seed=1, per_language=2, shortest=3.0, longest=8.0))) == []


def test_trials_are_balanced_and_every_line_is_in_one(tmp_path: Path) -> None:
    for level in ("cave", "well", "ufo", "tank", "wreck", "keys"):
        write(tmp_path, "cs", level, talk(level, 6))
    shop = shop_of(tmp_path, seed=1, languages=["cs"], pairs=3, shortest=1.0, longest=9.0)
    rows = list(fillets.trials(shop))
    assert Counter((row["same"], row["stratum"]) for row in rows) == {
        (True, "cs-small-small"): 3,
        (True, "cs-big-big"): 3,
        (False, "cs-small-big"): 3,
        (False, "cs-big-small"): 3,
    }
    used = [row[column] for row in rows for column in ("audio", "audio_b")]
    assert len(set(used)) == len(used) and not any("-keys-" in name for name in used)
    for row in rows:
        first, second = row["id"].split("--")
        assert first.split("-")[1] != second.split("-")[1]
        assert row["same"] == (int(first[-1]) % 2 == int(second[-1]) % 2) and row["group"] == f"cs-{first.split('-')[1]}"
    assert rows == list(fillets.trials(shop))
    with pytest.raises(BadConfig, match="too few lines"):
        list(fillets.trials(shop_of(tmp_path, **(shop.settings | {"pairs": 9}))))


def test_dialogues_follow_the_script(tmp_path: Path) -> None:
    write(tmp_path, "cs", "cave", talk("a", 7))
    interrupted = talk("b", 7)
    interrupted[2] = ("b2", "font_viking1", "Hi.", "Ahoj vy tam")
    write(tmp_path, "cs", "well", interrupted)
    write(tmp_path, "cs", "alone", [(key, "font_small", english, text) for key, _, english, text in talk("c", 5)])
    write(tmp_path, "cs", "keys", talk("d", 6))
    shop = shop_of(tmp_path, seed=1, languages=["cs"], shortest=3, longest=5)
    rows = list(fillets.conversations(shop))
    assert [row["id"] for row in rows] == ["cs-cave", "cs-well"]
    said = {row["id"]: [word["text"] for word in row["words"] if set(word["text"]) == {"x"}] for row in rows}
    assert said == {"cs-cave": ["x" * n for n in range(1, 6)], "cs-well": ["x" * n for n in range(4, 8)]}
    assert [turn["speaker"] for turn in rows[0]["turns"]] == ["cs-small", "cs-big", "cs-small", "cs-big", "cs-small"]
    for row in rows:
        sound = audio.read(shop.folder / row["audio"])
        for turn in row["turns"]:
            loud = sound.samples[round((turn["start"] + 0.03) * 16000) : round((turn["end"] - 0.03) * 16000)]
            assert np.sqrt(np.mean(loud**2)) == pytest.approx(0.05, rel=0.1)
        for before, after in pairwise(row["turns"]):
            assert 0.2 <= after["start"] - before["end"] <= 0.9
            between = sound.samples[round((before["end"] + 0.03) * 16000) : round((after["start"] - 0.03) * 16000)]
            assert np.sqrt(np.mean(between**2)) < 0.005


@pytest.mark.parametrize(("language", "fish", "levels"), [("cs", 1000, 70), ("nl", 1300, 75)])
def test_the_packages_hold_what_the_facts_say(monkeypatch: pytest.MonkeyPatch, language: str, fish: int, levels: int) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(USERS_CACHE))
    source = datasets.card(f"fillets_{language}").source
    folders = {archive.package.partition("=")[0]: packages.folder(archive) for archive in source.archives}
    if not all(folder.is_dir() for folder in folders.values()):
        pytest.skip(f"the packages are not in the cache: model-lab fetch fillets_{language}")
    found = fillets.lines(Workshop(Path(), folders, {}), language)
    assert sum(line.is_fish for line in found) > fish and len({line.level for line in found}) >= levels
    later = {line.level for line in found if line.later}
    assert later == fillets.LATER.get(language, set()) & {line.level for line in found}
    for line in found:
        if language == "cs":
            assert (soundfile.info(line.path).samplerate == 44100) == line.later

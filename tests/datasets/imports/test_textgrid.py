"""Sound with TextGrids."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.errors import BadConfig, BadManifest
from model_lab.formats import textgrid
from model_lab.types import Segment
from tests.datasets.imports.annotated import imported, require_perfect, rows, sound

WORDS = [Segment(0.5, 0.75, "grüß"), Segment(0.75, 1.25, "dich"), Segment(1.5, 1.75, "sil")]
TIERS = {"words": WORDS, "phones": [Segment(0.5, 0.6, "g")], "Sätze": [Segment(0.5, 1.25, "Grüß dich.")]}


def grid(path: Path, tiers: dict[str, list[Segment]], encoding: str = "utf-16") -> None:
    path.write_text(textgrid.write(tiers, 4.0), encoding)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    sound(tmp_path / "speech" / "wav" / "a.wav")
    (tmp_path / "speech" / "grids").mkdir()
    grid(tmp_path / "speech" / "grids" / "a.TextGrid", TIERS)
    return tmp_path / "speech"


def test_the_tier_of_words_is_guessed_and_said(data: Path) -> None:
    (row,) = rows(data, "alignment")
    assert row["words"] == [["grüß", 0.5, 0.75], ["dich", 0.75, 1.25]] and row["text"] == "grüß dich"
    assert "words = tier 'words'" in imported(data, "alignment").description


def test_a_tier_is_chosen(data: Path) -> None:
    (row,) = rows(data, "asr", text="Sätze")
    assert row["text"] == "Grüß dich." and row["id"] == "a-0001" and row["group"] == "a"
    assert rows(data, "asr")[0]["text"] == "grüß dich"
    with pytest.raises(BadManifest, match=r"no TextGrid has a tier 'Satz'.*there are: words, phones, Sätze"):
        rows(data, "asr", text="Satz")
    with pytest.raises(BadConfig, match=r"--columns has 'audio'"):
        rows(data, "asr", audio="Sätze")


def test_a_tier_that_cannot_be_guessed_is_to_be_chosen(data: Path) -> None:
    grid(data / "grids" / "a.TextGrid", {"one": WORDS, "two": WORDS})
    with pytest.raises(BadManifest, match=r"has the tiers one, two; expected one: choose with --columns text=TIER"):
        rows(data, "asr")


def test_a_tier_for_each_speaker(data: Path) -> None:
    grid(data / "grids" / "a.TextGrid", {"Ann": WORDS[:2], "Bo": [Segment(1, 2, "ja")], "Bo (2)": [Segment(1.5, 2.5, "nein")]})
    turns = rows(data, "diarization")[0]["turns"]
    assert [(turn["speaker"], turn["start"]) for turn in turns] == [("Ann", 0.5), ("Ann", 0.75), ("Bo", 1.0), ("Bo", 1.5)]


def test_tiers_of_an_aligner(data: Path) -> None:
    grid(data / "grids" / "a.TextGrid", {"Ann - words": WORDS[:1], "Ann - phones": WORDS[:1], "Bo - words": WORDS[1:]}, "utf-8")
    assert rows(data, "alignment")[0]["text"] == "grüß dich"


def test_a_broken_file_is_a_sentence(data: Path) -> None:
    (data / "grids" / "a.TextGrid").write_text('File type = "ooTextFile"\nObject class = "TextGrid"\n0 nothing')
    with pytest.raises(BadManifest, match=r"a.TextGrid"):
        rows(data, "asr")


@pytest.mark.parametrize("name", ["asr", "alignment", "vad"])
def test_the_oracle_is_perfect(data: Path, tmp_path: Path, name: str) -> None:
    require_perfect(data, name, tmp_path / "runs")

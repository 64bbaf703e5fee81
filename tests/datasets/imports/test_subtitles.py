"""Sound with SRT and WebVTT."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.errors import BadManifest
from tests.datasets.imports.annotated import require_perfect, rows, sound


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("film", "talk"):
        sound(tmp_path / "films" / f"{name}.wav")
    (tmp_path / "films" / "film.en.srt").write_text(
        "1\r\n00:00:00,500 --> 00:00:01,500\r\nGood day.\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,000\r\nHello\r\nthere.\r\n",
        "utf-8-sig",
    )
    (tmp_path / "films" / "talk.vtt").write_text("WEBVTT\n\n00:00.500 --> 00:01.500\n<v Ann>Good morning.\n")
    return tmp_path / "films"


def test_each_cue_is_a_sample(data: Path) -> None:
    first, second, third = rows(data, "asr")
    assert (first["id"], first["text"], first["group"]) == ("film-0001", "Good day.", "film")
    assert second["text"] == "Hello there." and third["speaker"] == "Ann"


def test_two_languages_of_one_recording_are_refused(data: Path) -> None:
    (data / "film.de.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nGuten Tag.\n")
    with pytest.raises(BadManifest, match=r"film.wav has two annotations, .*film.de.srt and .*film.en.srt"):
        rows(data, "asr")


def test_turns_need_speakers(data: Path) -> None:
    with pytest.raises(BadManifest, match=r"film.wav: the segment at 0.5 s names no speaker"):
        rows(data, "diarization")


def test_a_broken_file_is_a_sentence(data: Path) -> None:
    (data / "film.en.srt").write_text("1\n00:00:00,500 -> 00:00:01,500\nGood day.\n")
    with pytest.raises(BadManifest, match=r"film.en.srt"):
        rows(data, "asr")


@pytest.mark.parametrize("name", ["asr", "vad"])
def test_the_oracle_is_perfect(data: Path, tmp_path: Path, name: str) -> None:
    require_perfect(data, name, tmp_path / "runs")

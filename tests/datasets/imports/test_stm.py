"""Sound with STM."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab import audio
from model_lab.errors import BadManifest
from tests.datasets.imports.annotated import imported, require_perfect, rows, sound

LINES = """;; made by a test
call 1 Ann 0.50 1.50 <o,f0> good day
call 1 Bo 1.50 2.00 hello
call 1 Bo 2.00 2.50
call 1 Ann 2.50 3.00 IGNORE_TIME_SEGMENT_IN_SCORING
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    sound(tmp_path / "calls" / "call.flac")
    (tmp_path / "calls" / "call.stm").write_text(LINES)
    return tmp_path / "calls"


def test_each_segment_with_a_text_is_a_sample(data: Path) -> None:
    first, second = rows(data, "asr")
    assert (first["id"], first["text"], first["speaker"]) == ("call-0001", "good day", "Ann")
    assert (second["text"], second["speaker"]) == ("hello", "Bo")


def test_it_is_cut_out_of_the_recording(data: Path) -> None:
    manifest = imported(data, "asr").manifest
    cut = audio.read(manifest.parent / rows(data, "asr")[0]["audio"])
    whole = audio.read(data / "call.flac")
    assert cut.samples.tolist() == whole.samples[4000:12000].tolist()


def test_segments_without_text_are_counted(data: Path) -> None:
    assert "left out: 1 segment without text" in imported(data, "asr").description


def test_turns(data: Path) -> None:
    assert [turn["speaker"] for turn in rows(data, "diarization")[0]["turns"]] == ["Ann", "Bo", "Bo"]


def test_times_behind_the_end_are_a_sentence(data: Path) -> None:
    (data / "call.stm").write_text("call 1 Ann 3.5 9.0 good day\n")
    with pytest.raises(BadManifest, match=r"is 3.5 to 9 s, and the recording lasts 4.000 s"):
        rows(data, "asr")


def test_a_broken_line_is_a_sentence(data: Path) -> None:
    (data / "call.stm").write_text("call 1 Ann 1.0 0.5 good day\n")
    with pytest.raises(BadManifest, match=r"call.stm:1: .*expected 0 <= start < end"):
        rows(data, "asr")


@pytest.mark.parametrize("name", ["asr", "diarization", "vad"])
def test_the_oracle_is_perfect(data: Path, tmp_path: Path, name: str) -> None:
    require_perfect(data, name, tmp_path / "runs")

"""Sound with RTTM and UEM."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.errors import BadManifest
from tests.datasets.imports.annotated import imported, require_perfect, rows, sound

LINES = """;; made by a test
SPEAKER call 1 0.500 1.000 <NA> <NA> Ann <NA> <NA>
SPEAKER call 1 1.200 0.800 <NA> <NA> Bo <NA> <NA>
SPEAKER my_talk 1 0.100 0.400 <NA> <NA> Ann <NA> <NA>
SPEAKER absent 1 0.100 0.400 <NA> <NA> Ann <NA> <NA>
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "meetings"
    for name in ("call", "my talk", "spare"):
        sound(folder / "audio" / f"{name}.wav")
    (folder / "ref").mkdir()
    (folder / "ref" / "all.rttm").write_text(LINES)
    (folder / "ref" / "all.uem").write_text("call 1 0.000 3.000\n")
    return folder


def test_turns_and_scored_parts(data: Path) -> None:
    call, talk = rows(data, "diarization")
    assert call["id"] == "call" and call["uem"] == [[0.0, 3.0]]
    assert call["turns"] == [{"start": 0.5, "end": 1.5, "speaker": "Ann"}, {"start": 1.2, "end": 2.0, "speaker": "Bo"}]
    assert talk["id"] == "my talk" and "uem" not in talk


def test_what_has_no_counterpart_is_said(data: Path) -> None:
    said = imported(data, "diarization").description
    assert said.startswith("Sound with RTTM, 2 recordings")
    assert "1 recording (spare) without annotation" in said and "1 annotated recording (absent) without a sound file" in said
    assert "scored parts of 1 recording from UEM" in said


def test_speech_is_the_union_of_turns(data: Path) -> None:
    assert [row["speech"] for row in rows(data, "vad")] == [[[0.5, 2.0]], [[0.1, 0.5]]]


def test_one_file_for_each_recording_may_use_another_name_inside(tmp_path: Path) -> None:
    sound(tmp_path / "a" / "one.wav")
    (tmp_path / "a" / "one.rttm").write_text("SPEAKER REC1 1 0.5 1.0 <NA> <NA> Ann <NA> <NA>\n")
    assert rows(tmp_path / "a", "diarization")[0]["id"] == "one"
    assert rows(tmp_path / "a" / "one.rttm", "diarization")[0]["id"] == "one"


def test_two_annotations_of_one_recording_are_refused(data: Path) -> None:
    (data / "ref" / "again.rttm").write_text("SPEAKER call 1 0.5 1.0 <NA> <NA> Ann <NA> <NA>\n")
    with pytest.raises(BadManifest, match=r"call is in .*again.rttm and in .*all.rttm; name one of them"):
        rows(data, "diarization")


def test_a_broken_line_is_a_sentence(data: Path) -> None:
    (data / "ref" / "all.rttm").write_text("SPEAKER call 1 half 1.0 <NA> <NA> Ann <NA> <NA>\n")
    with pytest.raises(BadManifest, match=r"all.rttm:1: .* is not RTTM"):
        rows(data, "diarization")


def test_another_capability_is_a_sentence(data: Path) -> None:
    with pytest.raises(BadManifest, match=r"says nothing that asr needs; it can be read with --capability diarization or vad"):
        rows(data, "asr")


@pytest.mark.parametrize("name", ["diarization", "vad"])
def test_the_oracle_is_perfect(data: Path, tmp_path: Path, name: str) -> None:
    require_perfect(data, name, tmp_path / "runs")

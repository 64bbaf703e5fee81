"""Music with JAMS files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_lab.errors import BadManifest
from tests.datasets.imports.annotated import imported, require_perfect, rows, sound


def entry(time: float, duration: float, value: Any) -> dict[str, Any]:
    return {"time": time, "duration": duration, "value": value, "confidence": None}


def annotation(namespace: str, data: Any) -> dict[str, Any]:
    return {"namespace": namespace, "data": data, "annotation_metadata": {}, "sandbox": {}, "time": 0, "duration": 4.0}


ANNOTATIONS = [
    annotation("beat", [entry(time / 2, 0.0, 1 + time % 4) for time in range(1, 8)]),
    annotation("beat", [entry(0.6, 0.0, 1)]),
    annotation("key_mode", [entry(0.0, 4.0, "Eb:minor")]),
    annotation("note_midi", [entry(0.5, 0.5, 69), entry(1.0, 1.0, 60.0)]),
    annotation(
        "pitch_contour",
        {
            "time": [0.0, 0.01, 0.02],
            "duration": [0.0, 0.0, 0.0],
            "value": [
                {"index": 0, "frequency": 220.5, "voiced": True},
                {"index": 0, "frequency": 221.5, "voiced": True},
                {"index": 0, "frequency": 0.0, "voiced": False},
            ],
            "confidence": [None, None, None],
        },
    ),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        sound(tmp_path / "songs" / "audio" / f"{name}.wav")
    (tmp_path / "songs" / "jams").mkdir()
    content = {"annotations": ANNOTATIONS, "file_metadata": {"duration": 4.0}, "sandbox": {}}
    (tmp_path / "songs" / "jams" / "a.jams").write_text(json.dumps(content))
    content["annotations"] = [annotation("tempo", [entry(0.0, 4.0, 120.0)])]
    (tmp_path / "songs" / "jams" / "b.jams").write_text(json.dumps(content))
    return tmp_path / "songs"


def test_what_the_capability_reads(data: Path) -> None:
    beats, tempo = rows(data, "tempo")
    assert beats["beats"] == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5] and tempo["tempo_bpm"] == 120.0
    assert [row["key"] for row in rows(data, "key")] == ["Eb minor"]
    assert rows(data, "music_transcription")[0]["notes"][0] == [0.5, 1.0, 440.0]
    assert rows(data, "pitch")[0]["f0_hz"] == [220.5, 221.5, 0.0]


def test_what_is_left_out_is_said(data: Path) -> None:
    assert "left out: 1 recordings without key_mode" in imported(data, "key").description
    assert "the first annotator of 1 recordings with several" in imported(data, "tempo").description


def test_a_capability_without_an_annotation_is_a_sentence(data: Path) -> None:
    (data / "jams" / "a.jams").unlink()
    with pytest.raises(BadManifest, match=r"no JAMS file has an annotation for key; expected the namespace key_mode"):
        rows(data, "key")


@pytest.mark.parametrize(
    "content", ["{", '{"annotations": [{"namespace": "beat", "data": [{"time": "soon"}]}]}', '{"beats": []}']
)
def test_a_broken_file_is_a_sentence(data: Path, content: str) -> None:
    (data / "jams" / "a.jams").write_text(content)
    with pytest.raises(BadManifest, match=r"a.jams is no JAMS file"):
        rows(data, "tempo")


def test_a_changing_key_is_a_sentence(data: Path) -> None:
    changing = [annotation("key_mode", [entry(0, 2, "C:major"), entry(2, 2, "D:major")])]
    (data / "jams" / "a.jams").write_text(json.dumps({"annotations": changing}))
    with pytest.raises(BadManifest, match=r"it has 2 keys: C major, D major; one is expected"):
        rows(data, "key")


@pytest.mark.parametrize("name", ["tempo", "key", "music_transcription", "pitch"])
def test_the_oracle_is_perfect(data: Path, tmp_path: Path, name: str) -> None:
    require_perfect(data, name, tmp_path / "runs")

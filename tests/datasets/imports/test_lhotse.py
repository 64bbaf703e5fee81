"""Lhotse manifests, with the fields that Lhotse 1.33 writes."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from model_lab.errors import BadManifest
from tests.datasets.imports.annotated import require_perfect, rows, sound


def recording(path: Path, kind: str = "file", seconds: float = 4.0) -> dict[str, Any]:
    source = {"type": kind, "channels": [0], "source": str(path) if kind == "file" else ""}
    common = {"sampling_rate": 8000, "num_samples": int(seconds * 8000), "duration": seconds, "channel_ids": [0]}
    return {"id": path.stem, "sources": [source], **common}


def supervision(name: str, start: float, text: str, speaker: str) -> dict[str, Any]:
    times = {"start": start, "duration": 1.0, "channel": 0}
    return {"id": name, "recording_id": "a", **times, "text": text, "language": "en", "speaker": speaker}


SUPERVISIONS = [supervision("s1", 0.5, "good day", "Ann"), supervision("s2", 2.0, "hello", "Bo")]


def lines(path: Path, content: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in content)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def cut(path: Path, **changes: Any) -> dict[str, Any]:
    whole = {"id": "a-0", "start": 0, "duration": 4.0, "channel": 0, "supervisions": SUPERVISIONS, "recording": recording(path)}
    return {**whole, "type": "MonoCut", **changes}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return lines(tmp_path / "data" / "cuts.jsonl.gz", [cut(sound(tmp_path / "a.wav"))])


def test_cuts(data: Path) -> None:
    found = rows(data, "asr")
    assert [(row["id"], row["text"], row["speaker"], row["language"]) for row in found] == [
        ("s1", "good day", "Ann", "en"),
        ("s2", "hello", "Bo", "en"),
    ]
    (row,) = rows(data.parent, "diarization")
    assert row["id"] == "a-0" and row["turns"][1] == {"start": 2.0, "end": 3.0, "speaker": "Bo"}
    assert rows(data, "vad")[0]["speech"] == [[0.5, 1.5], [2.0, 3.0]]


def test_recordings_and_supervisions(data: Path, tmp_path: Path) -> None:
    data.unlink()
    lines(data.parent / "corpus_recordings_test.jsonl.gz", [recording(tmp_path / "a.wav")])
    lines(data.parent / "corpus_supervisions_test.jsonl.gz", SUPERVISIONS)
    assert [row["text"] for row in rows(data.parent, "asr")] == ["good day", "hello"]


def test_shards(data: Path, tmp_path: Path) -> None:
    data.unlink()
    single = {"supervisions": SUPERVISIONS[:1], "recording": recording(tmp_path / "a.wav", "shar")}
    lines(data.parent / "cuts.000000.jsonl.gz", [cut(tmp_path / "a.wav", **single)])
    content = (tmp_path / "a.wav").read_bytes()
    with tarfile.open(data.parent / "recording.000000.tar", "w") as tar:
        for name, held in (("a-0.wav", content), ("a-0.json", b"{}")):
            member = tarfile.TarInfo(name)
            member.size = len(held)
            tar.addfile(member, io.BytesIO(held))
    assert [(row["id"], row["text"]) for row in rows(data.parent, "asr")] == [("a-0", "good day")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tracks": [{}]}, "is mixed or perturbed"),
        ({"recording": recording(Path("a.wav"), "url")}, "has its sound in url; expected one file"),
        ({"supervisions": None}, "not a cut as Lhotse writes it"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(data: Path, tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    lines(data, [cut(tmp_path / "a.wav", **changes)])
    with pytest.raises(BadManifest, match=f"cuts.jsonl.gz:1: .*{message}"):
        rows(data, "asr")


@pytest.mark.parametrize("name", ["asr", "diarization", "vad"])
def test_the_oracle_is_perfect(data: Path, tmp_path: Path, name: str) -> None:
    require_perfect(data, name, tmp_path / "runs")

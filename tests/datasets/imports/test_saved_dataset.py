"""Folders that Hugging Face datasets saves, written by pyarrow as it writes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_lab.errors import BadManifest
from tests.datasets.imports.annotated import imported, require_perfect, rows, sound

FEATURES = {
    "audio": {"sampling_rate": 8000, "_type": "Audio"},
    "sentence": {"dtype": "string", "_type": "Value"},
    "label": {"names": ["cat", "dog"], "_type": "ClassLabel"},
}


def save(folder: Path, sounds: list[Path], features: object = FEATURES) -> None:
    import pyarrow

    folder.mkdir(parents=True)
    audio = [{"bytes": path.read_bytes(), "path": path.name} for path in sounds]
    table = pyarrow.table(
        {"audio": audio, "sentence": [path.stem for path in sounds], "label": [number % 2 for number in range(len(sounds))]}
    )
    with (
        pyarrow.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as file,
        pyarrow.ipc.new_stream(file, table.schema) as stream,
    ):
        stream.write_table(table)
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    save(tmp_path / "saved", [sound(tmp_path / f"{name}.wav", 1.0) for name in ("one", "two", "three")])
    return tmp_path / "saved"


def test_rows(data: Path) -> None:
    assert [row["text"] for row in rows(data, "asr")] == ["one", "two", "three"]
    assert [row["label"] for row in rows(data, "classify")] == ["cat", "dog", "cat"]
    assert "text = sentence" in imported(data, "asr").description


def test_a_split_of_several(data: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    save(both / "train", [sound(tmp_path / "seen.wav", 1.0)])
    save(both / "test", [sound(tmp_path / "unseen.wav", 1.0)])
    (both / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    assert [row["text"] for row in rows(both, "asr")] == ["unseen"]
    assert "split test" in imported(both, "asr").description


def test_a_broken_file_is_a_sentence(data: Path) -> None:
    (data / "data-00000-of-00001.arrow").write_bytes(b"nothing")
    with pytest.raises(BadManifest, match=r"arrow cannot be read as Arrow"):
        rows(data, "asr")


@pytest.mark.parametrize("name", ["asr", "classify"])
def test_the_oracle_is_perfect(data: Path, tmp_path: Path, name: str) -> None:
    require_perfect(data, name, tmp_path / "runs")

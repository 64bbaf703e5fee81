"""WebDataset: tars of samples."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from model_lab.errors import BadManifest
from tests.datasets.imports.annotated import imported, require_perfect, rows, sound


def shard(path: Path, samples: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in samples.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(3):
        wave = sound(tmp_path / f"{number}.wav", 1.0).read_bytes()
        meta = json.dumps({"speaker_id": f"p{number % 2}", "snr": 12}).encode()
        members = {f"d/{number}.txt": f"text {number}\n".encode(), f"d/{number}.wav": wave, f"d/{number}.json": meta}
        shard(folder / f"data-{number:06}.tar", members)
    return folder


def test_samples_of_all_shards(data: Path) -> None:
    found = rows(data, "asr")
    assert [(row["id"], row["text"], row["speaker"]) for row in found] == [(f"d/{n}", f"text {n}", f"p{n % 2}") for n in range(3)]
    assert imported(data, "asr").description.startswith("WebDataset, 3 samples, 2 speakers; 3 shards; columns: ")


def test_one_shard_and_a_pattern(data: Path) -> None:
    assert len(rows(data / "data-000001.tar", "asr")) == 1
    assert len(rows(data / "data-{000000..000001}.tar", "asr")) == 2
    with pytest.raises(BadManifest, match=r"data-000003.tar does not exist; expected every shard"):
        rows(data / "data-{000000..000003}.tar", "asr")


def test_no_name_leads_out_of_the_folder(data: Path, tmp_path: Path) -> None:
    wave = sound(tmp_path / "x.wav", 1.0).read_bytes()
    for old in data.iterdir():
        old.unlink()
    shard(data / "evil.tar", {"../../../escaped.wav": wave, "../../../escaped.txt": b"text"})
    manifest = imported(data, "asr").manifest
    (row,) = rows(data, "asr")
    assert (manifest.parent / row["audio"]).resolve().is_relative_to(manifest.parent)
    assert not list(tmp_path.parent.rglob("escaped.wav"))[1:] and not (tmp_path.parent / "escaped.wav").exists()


def test_a_broken_tar_is_a_sentence(data: Path) -> None:
    whole = (data / "data-000002.tar").read_bytes()
    (data / "data-000002.tar").write_bytes(whole[:3000])
    with pytest.raises(BadManifest, match=r"data-000002.tar cannot be read as a tar"):
        rows(data, "asr")


def test_broken_json_is_a_sentence(data: Path) -> None:
    shard(data / "data-000000.tar", {"a.json": b"{"})
    with pytest.raises(BadManifest, match=r"data-000000.tar, a.json is no JSON"):
        rows(data, "asr")


def test_the_oracle_is_perfect(data: Path, tmp_path: Path) -> None:
    require_perfect(data, "asr", tmp_path / "runs")

"""Development packs: a little one made here, and the real one where it is present."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio, datasets
from model_lab.capabilities import names
from model_lab.datasets import build
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadManifest, NotRunnable
from model_lab.types import Audio
from tests.conftest import SHARED

CARDS = [name for name in datasets.names() if name.startswith("pack_")]


@pytest.fixture
def pack(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "pack"
    folder.mkdir()
    monkeypatch.setenv(build.PACK, str(folder))
    return folder


def task(pack: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    """A task's folder: its manifest, and a second of noise for every sound it names."""
    folder = pack / name
    folder.mkdir()
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for number, row in enumerate(rows):
        noise = np.random.default_rng(number).standard_normal(16000).astype(np.float32) * 0.1
        for path in [row["audio"], row.get("clean"), *row.get("reference_audio", [])]:
            if path and not (folder / path).exists():
                audio.write(folder / path, Audio(noise, 16000))
    return folder


def samples(name: str) -> list[Sample]:
    build.materialise(datasets.card(name), offline=True)
    return build.samples(datasets.card(name), "full")


def test_speech_in_the_languages_of_the_card(pack: Path) -> None:
    rows = [
        {"id": "a", "audio": "audio/a.flac", "text": "one", "language": "en", "speaker": "ann"},
        {"id": "b", "audio": "../shared/b.flac", "text": "two", "language": "en"},
        {"id": "c", "audio": "audio/c.flac", "text": "drei", "language": "de"},
    ]
    (pack / "shared").mkdir()
    task(pack, "asr", rows)
    found = {sample.id: sample for sample in samples("pack_asr")}
    assert {(name, sample.group, sample.reference().text) for name, sample in found.items()} == {
        ("a", "ann", "one"),
        ("b", "b", "two"),
    }
    assert [sample.id for sample in samples("pack_asr_languages")] == ["c"]


def test_another_pack_is_another_revision(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"id": "a", "audio": "a.flac", "text": "one", "language": "en"}
    folder = task(pack, "asr", [row])
    before = build.revision(datasets.card("pack_asr"))
    (folder / "manifest.jsonl").write_text(json.dumps(row | {"text": "two"}))
    assert build.revision(datasets.card("pack_asr")) != before
    (folder / "manifest.jsonl").write_text(json.dumps(row) + "\n")
    assert build.revision(datasets.card("pack_asr")) == before


def test_a_pack_that_is_not_here_is_said(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotRunnable, match=r"holds no asr/manifest\.jsonl; set MODEL_LAB_PACK to the pack's folder"):
        build.materialise(datasets.card("pack_asr"))
    monkeypatch.delenv(build.PACK)
    with pytest.raises(NotRunnable, match="MODEL_LAB_PACK is not set"):
        build.materialise(datasets.card("pack_asr"))


def test_a_path_out_of_the_pack_is_refused(pack: Path) -> None:
    task(pack, "asr", [{"id": "a", "audio": "../../a.flac", "text": "one", "language": "en"}])
    with pytest.raises(BadManifest, match=r"names \.\./\.\./a\.flac, which is not a file in the pack"):
        samples("pack_asr")


def test_trials_name_two_recordings(pack: Path) -> None:
    folder = task(pack, "speaker_verification", [{"id": x, "audio": f"{x}.flac", "speaker": x[0]} for x in ("a1", "a2", "b1")])
    (folder / "trials.tsv").write_text("enroll\ttest\ttarget\na1\ta2\t1\na1\tb1\t0\n")
    found = samples("pack_trials")
    assert {(sample.id, sample.row["same"], sample.group) for sample in found} == {("a1--a2", True, "a"), ("a1--b1", False, "a")}
    assert all(len(sample.inputs) == 2 for sample in found)


def test_every_card_is_about_a_capability_of_its_own_kind() -> None:
    assert {datasets.card(name).capability for name in CARDS} <= set(names())
    assert all(datasets.card(name).licence and not datasets.card(name).commercial for name in CARDS)


@pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")
@pytest.mark.parametrize("name", CARDS)
def test_the_real_pack_can_be_read(name: str, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(build.PACK, str(SHARED))
    found = samples(name)
    assert len(found) >= 4 and all(sample.reference() is not None for sample in found)


def test_names_in_the_languages_of_the_card(pack: Path) -> None:
    entity = {"start_char": 0, "end_char": 3, "label": "PERSON"}
    rows = [{"id": known, "audio": "a.flac", "text": "Ann", "language": known, "entities": [entity]} for known in ("en", "de")]
    task(pack, "ner", rows)
    assert [sample.id for sample in samples("pack_ner")] == ["en"]


def test_a_class_without_names_is_refused(pack: Path) -> None:
    rows = [{"id": label, "audio": f"{number}.flac", "label": label} for number, label in enumerate(("rain", "serpent"))]
    task(pack, "audio_classification", rows)
    with pytest.raises(BadManifest, match=r"has the classes serpent, which have no names in the card; say under settings\.names"):
        samples("pack_classification")

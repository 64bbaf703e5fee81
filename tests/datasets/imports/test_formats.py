"""Every format, from the files to a score: what is recognised, the oracle, and equal answers to equal sound."""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from model_lab.capabilities import capability
from model_lab.datasets import imports, manifest
from model_lab.datasets.imports import ImportedData
from model_lab.errors import BadManifest, UnknownName
from model_lab.runs import bench
from model_lab.runs.folders import RunOptions
from tests.datasets.imports import conftest
from tests.datasets.imports.conftest import ITEMS, SPOKEN, sound

TITLES = {
    "kaldi": "Kaldi data directory, 4 utterances, 4 speakers",
    "nemo": "NeMo manifest, 4 utterances",
    "audiofolder": "Hugging Face audiofolder, 4 recordings; columns: audio = file_name, text = transcription",
    "table": "table, 4 rows, 4 speakers; columns: id = utt_id, audio = Path, text = Sentence, speaker = client_id",
    "parquet": "table, 4 rows; columns: audio = audio, text = text",
    "common_voice": "Common Voice, 4 clips, 4 speakers, 1 language",
    "ljspeech": "LJSpeech folder, 4 recordings",
    "jsonl": "JSONL manifest, 4 samples",
}


def scores(own: ImportedData, model: str, asks: str, runs: Path) -> dict[str, float | None]:
    (run,) = bench.evaluate(model, own, asks=asks, run_options=RunOptions(runs=runs))
    assert run.n_failed == 0
    return {score.metric: score.value for score in run.scores}


@pytest.mark.parametrize("name", SPOKEN)
def test_what_is_there_is_recognised_and_read(name: str, tmp_path: Path) -> None:
    own = imports.materialise(SPOKEN[name](tmp_path / name, ITEMS[:4]), capability=capability("asr"))
    assert own.description == TITLES[name]
    samples = manifest.read(own.manifest, capability("asr"), anywhere=True)
    assert [(sample.id, sample.reference().text) for sample in samples] == [(item.id, item.text) for item in ITEMS[:4]]
    assert [sample.duration for sample in samples] == [0.75, 0.8125, 0.875, 0.9375]


@pytest.mark.parametrize("name", SPOKEN)
def test_the_oracle_is_perfect_on_speech(name: str, tmp_path: Path) -> None:
    own = imports.materialise(SPOKEN[name](tmp_path / name, ITEMS[:3]), capability=capability("asr"))
    assert scores(own, "baseline_oracle", "asr", tmp_path / "runs")["wer"] == 0.0


def test_the_oracle_is_perfect_on_classes_and_trials(tmp_path: Path) -> None:
    own = imports.materialise(conftest.classes(tmp_path / "classes"), capability=capability("classify"))
    assert own.description == "folders of classes, 6 recordings, 2 labels"
    assert scores(own, "baseline_oracle", "classify", tmp_path / "runs")["top1"] == 1.0
    own = imports.materialise(conftest.trials(tmp_path / "trials"), capability=capability("speaker_verify"))
    assert own.description == "list of speaker trials, 4 trials, 2 speakers"
    assert scores(own, "baseline_oracle", "speaker_verify", tmp_path / "runs")[capability("speaker_verify").primary.name] == 0.0


def test_thirty_recordings_score_alike_in_every_form(tmp_path: Path) -> None:
    rates = {}
    for name in ("kaldi", "nemo", "audiofolder", "table"):
        own = imports.materialise(SPOKEN[name](tmp_path / name, ITEMS), capability=capability("asr"))
        rates[name] = scores(own, "baseline_random", "asr", tmp_path / "runs")
    assert len({str(each) for each in rates.values()}) == 1
    assert rates["kaldi"]["wer"] is not None and rates["kaldi"]["wer"] > 0


def test_the_classes_of_folders_complete_every_row(tmp_path: Path) -> None:
    own = imports.materialise(conftest.classes(tmp_path / "c"), capability=capability("classify"))
    samples = manifest.read(own.manifest, capability("classify"), anywhere=True)
    assert {sample.row["label"] for sample in samples} == {"big cat", "dog"}
    assert all(sample.row["classes"] == {"big cat": ["big cat"], "dog": ["dog"]} for sample in samples)
    assert {sample.id for sample in samples} == {f"{name}/{n}" for name in ("big cat", "dog") for n in range(3)}


def test_the_labels_of_a_manifest_complete_it(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav")
    (tmp_path / "m.jsonl").write_text(
        '{"id": "1", "audio": "a.wav", "label": "x"}\n{"id": "2", "audio": "a.wav", "label": "y"}\n'
    )
    own = imports.materialise(tmp_path / "m.jsonl", capability=capability("emotion"))
    samples = manifest.read(own.manifest, capability("emotion"), anywhere=True)
    assert [sample.row["classes"] for sample in samples] == [{"x": ["x"], "y": ["y"]}] * 2


def test_the_split_that_is_read_is_told_and_another_can_be_named(tmp_path: Path) -> None:
    for split, first in (("train", 0), ("test", 5)):
        conftest.audiofolder(tmp_path / "d" / split, ITEMS[first : first + 2])
    own = imports.materialise(tmp_path / "d", capability=capability("asr"))
    assert f"split test; for another name its folder: {tmp_path / 'd' / 'train'}" in own.description
    assert "utt05" in own.manifest.read_text()
    assert "utt00" in imports.materialise(tmp_path / "d/train", capability=capability("asr")).manifest.read_text()


def test_of_a_single_split_no_other_is_offered(tmp_path: Path) -> None:
    conftest.audiofolder(tmp_path / "d" / "test", ITEMS[:2])
    description = imports.materialise(tmp_path / "d", capability=capability("asr")).description
    assert "split test" in description and "for another" not in description


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    path = conftest.parquet(tmp_path / "p", ITEMS[:2])
    first = imports.materialise(path, capability=capability("asr")).manifest
    assert imports.materialise(path, capability=capability("asr")).manifest == first
    conftest.parquet(tmp_path / "p", ITEMS[1:3])
    assert imports.materialise(path, capability=capability("asr")).manifest != first


def test_sound_inside_a_table_has_the_suffix_of_its_content(tmp_path: Path) -> None:
    own = imports.materialise(conftest.parquet(tmp_path / "p", ITEMS[:2]), capability=capability("asr"))
    assert sorted(path.name for path in (own.manifest.parent / "audio").iterdir()) == ["utt00.wav", "utt01.wav"]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "has no|is an empty folder; expected one of: Kaldi data directory"),
        ({"notes.md": "hello"}, "has notes.md; expected one of"),
        (
            {"wav.scp": "a a.wav\n", "metadata.csv": "a|x|x\n", "wavs/a.wav": ""},
            "is a Kaldi data directory and a LJSpeech folder; choose",
        ),
    ],
)
def test_a_folder_that_is_none_of_them_or_two(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    with pytest.raises(BadManifest, match=sentence) as caught:
        imports.materialise(tmp_path)
    assert "\n" not in str(caught.value)


def test_what_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"no format 'kalid' \(did you mean 'kaldi'\?\); --as takes kaldi, "):
        imports.recognise(tmp_path, "kalid")
    with pytest.raises(BadManifest, match="absent cannot be read"):
        imports.recognise(tmp_path / "absent")


def test_bytes_that_are_no_sound_are_told(tmp_path: Path) -> None:
    cells = [{"bytes": b"<html>not found</html>", "path": "a.wav"}]
    pyarrow.parquet.write_table(pyarrow.table({"audio": cells, "text": ["x"]}), tmp_path / "t.parquet")
    with pytest.raises(BadManifest, match=r"the sound a\.wav has 22 bytes that begin with b'<html>no'; expected a sound file"):
        imports.materialise(tmp_path / "t.parquet", capability=capability("asr"))

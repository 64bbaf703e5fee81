from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_lab.capabilities import capability
from model_lab.datasets import imports, manifest
from model_lab.errors import BadConfig, BadManifest
from tests.datasets.imports.conftest import sound


def read(path: Path, asks: str = "asr", **columns: str) -> list[manifest.Sample]:
    own = imports.materialise(path, columns=columns, capability=capability(asks))
    return manifest.read(own.manifest, capability(asks), anywhere=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sound(tmp_path / "a.wav")
    sound(tmp_path / "sub" / "b c.wav", 1)
    return tmp_path


TABLES = {
    "byte order mark, Windows line ends": "path,text\r\na.wav,one\r\nsub/b c.wav,two\r\n".encode("utf-8-sig"),
    "semicolons": b"path;text\na.wav;one\nsub/b c.wav;two\n",
    "tabs": b"path\ttext\na.wav\tone\nsub/b c.wav\ttwo\n",
    "UTF-16": "path,text\na.wav,one\nsub/b c.wav,two\n".encode("utf-16"),
    "Windows paths": b"path,text\nD:\\calls\\a.wav,one\nsub\\b c.wav,two\n",
    "JSON array": b'[{"audio": "a.wav", "text": "one"},\n {"audio": "sub/b c.wav", "text": "two"}]',
}


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES.keys())
def test_encodings_delimiters_and_paths(folder: Path, content: bytes) -> None:
    (folder / "data").write_bytes(content)
    first, second = read(folder / "data")
    assert [(sample.id, sample.row["text"]) for sample in (first, second)] == [("a", "one"), ("b c", "two")]
    assert second.inputs == ((folder / "sub" / "b c.wav").resolve(),)


def test_quotes_hold_delimiters_and_line_breaks(folder: Path) -> None:
    (folder / "t.csv").write_bytes(b'path,text\na.wav,"one, ""two""\r\nthree"\n')
    assert read(folder / "t.csv")[0].row["text"] == 'one, "two"\r\nthree'


def test_start_and_end_make_parts(folder: Path) -> None:
    (folder / "t.csv").write_text("file,start,end,text\na.wav,0.25,0.5,x\na.wav,0.5,,y\n")
    assert [(sample.id, sample.duration) for sample in read(folder / "t.csv")] == [("a", 0.25), ("a-2", 0.25)]


@pytest.mark.parametrize(
    ("asks", "content", "column", "value"),
    [
        ("vad", 'audio\tspeech\na.wav\t"[[0.1, 0.4]]"\n', "speech", [[0.1, 0.4]]),
        ("quality", "audio,snr_db\na.wav,12.5\n", "snr_db", 12.5),
        ("speaker_verify", "audio,audio_b,same\na.wav,a.wav,1\n", "same", True),
        ("caption", "audio,caption\na.wav,a dog barks\n", "captions", ["a dog barks"]),
        ("enhance", "noisy,clean\na.wav,sub/b c.wav\n", "clean", "b c.wav"),
        ("langid", "audio,locale\na.wav,de\n", "languages", ["de"]),
    ],
)
def test_cells_become_what_their_columns_hold(folder: Path, asks: str, content: str, column: str, value: Any) -> None:
    (folder / "t.csv").write_text(content)
    (sample,) = read(folder / "t.csv", asks)
    held = sample.row[column]
    assert (Path(held).name if column == "clean" else held) == value
    assert sample.reference() is not None


def test_recordings_of_one_name_are_told_apart_by_their_folders(folder: Path) -> None:
    sound(folder / "sub" / "a.wav", 2)
    (folder / "t.csv").write_text("path,text\na.wav,x\nsub/a.wav,y\n")
    assert [sample.id for sample in read(folder / "t.csv")] == [f"{folder.name}/a", "sub/a"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"path,text\nabsent.wav,x\n", r"t\.csv:2: absent\.wav is not a file"),
        (b"id,path,text\n1,a.wav,x\n1,a.wav,y\n", "id '1' is there 2 times"),
        (b"path,text\na.wav,gr\xfc\xdf\n", r"is not UTF-8 \(byte 0xfc\)"),
        (b"path,text\na.wav\n", r"t\.csv:2: 1 cells; expected 2: path, text"),
        (b"a.wav,hello\n", "is a row and no header"),
        (b"path,text\n", "has no rows"),
        (b"path,path,text\na.wav,a.wav,x\n", "two columns called 'path'"),
        (b'path,text\na.wav,"x"y\n', "check its quotes"),
        (b"path,words_said\na.wav,x\n", r"no column for text .*its columns are words_said: choose with --columns text=COLUMN"),
        (b"PAR1,text\na.wav,x\n", "cannot be read as Parquet"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(folder: Path, content: bytes, sentence: str) -> None:
    (folder / "t.csv").write_bytes(content)
    with pytest.raises(BadManifest, match=sentence) as caught:
        read(folder / "t.csv")
    assert str(folder / "t.csv") in str(caught.value) and "\n" not in str(caught.value)


def test_columns_do_not_apply_to_a_kaldi_directory(folder: Path) -> None:
    (folder / "wav.scp").write_text("a a.wav\n")
    with pytest.raises(BadConfig, match="--columns names columns of a table"):
        read(folder, audio="path")


def test_paths_of_own_data_may_lead_anywhere_and_those_of_cards_may_not(folder: Path) -> None:
    (folder / "sub" / "m.jsonl").write_text('{"audio": "../a.wav", "text": "x"}\n')
    (sample,) = manifest.read(folder / "sub" / "m.jsonl", capability("asr"), anywhere=True)
    assert sample.inputs == ((folder / "a.wav").resolve(),)
    with pytest.raises(BadManifest, match="is outside"):
        manifest.read(folder / "sub" / "m.jsonl", capability("asr"))

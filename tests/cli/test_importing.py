"""``model-lab import`` and ``run --data`` on data as it lies on a user's disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import cli, refused
from tests.datasets.imports.conftest import ITEMS, kaldi, sound, table


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))


def test_a_run_says_what_was_recognised_and_can_be_scored_again(tmp_path: Path) -> None:
    kaldi(tmp_path / "my test", ITEMS[:3])
    done = cli("run", "baseline_oracle", "--data", "my test", "--capability", "asr", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "my test: Kaldi data directory, 3 utterances, 3 speakers" in done.stderr
    run = "baseline_oracle-my_test-full"
    assert cli("score", run, cwd=tmp_path).returncode == 0
    manifest = json.loads((tmp_path / "runs" / run / "manifest.json").read_text())
    assert manifest["arguments"]["manifest"] == str(tmp_path / "my test")


def test_a_table_runs_with_the_columns_that_are_named(tmp_path: Path) -> None:
    sound(tmp_path / "one.wav")
    (tmp_path / "t.csv").write_text("recording,said\none.wav,hello\n")
    missing = refused("run", "baseline_oracle", "--data", "t.csv", "--capability", "asr", cwd=tmp_path)
    assert "no column for audio" in missing and "recording, said: choose with --columns audio=COLUMN" in missing
    words = ("run", "baseline_oracle", "--data", "t.csv", "--capability", "asr", "--columns", "audio=recording,text=said")
    done = cli(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "t.csv: table, 1 row; columns: audio = recording, text = said" in done.stderr


def test_what_is_imported_can_be_run(tmp_path: Path) -> None:
    folder = kaldi(tmp_path / "k", ITEMS[:2])
    (folder / "segments").write_text("a utt00 0 0.5\nb utt01 0.25 -1\n")
    (folder / "text").write_text("a eins\nb zwei\n")
    (folder / "utt2spk").unlink()
    done = cli("import", "k", "--out", "mine.jsonl", cwd=tmp_path)
    assert done.returncode == 0 and "k: Kaldi data directory, 2 utterances" in done.stderr
    rows = [json.loads(line) for line in (tmp_path / "mine.jsonl").read_text().splitlines()]
    assert rows[0] == {"id": "a", "audio": "mine_audio/a.flac", "text": "eins"}
    assert cli("run", "baseline_oracle", "--data", "mine.jsonl", "--capability", "asr", cwd=tmp_path).returncode == 0
    assert "exists; name another file, or replace it with --force" in refused("import", "k", "--out", "mine.jsonl", cwd=tmp_path)
    assert cli("import", "k", "--out", "mine.jsonl", "--force", cwd=tmp_path).returncode == 0


def test_files_are_named_relative_to_the_manifest_where_they_can_be(tmp_path: Path) -> None:
    table(tmp_path / "in", ITEMS[:1])
    for out, audio in (("in/m.jsonl", "sound/utt00.wav"), ("out/m.jsonl", str(tmp_path / "in/sound/utt00.wav"))):
        assert cli("import", "in/table.csv", "--out", out, "--as", "table", cwd=tmp_path).returncode == 0
        assert json.loads((tmp_path / out).read_text())["audio"] == audio


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--as", "kaldi"], "no format"),
        (["--columns", "audio"], "expected COLUMN=SOURCE"),
        (["--columns", "audio=pth"], "has no column 'pth' (did you mean 'path'?)"),
        (["--columns", "adio=path"], "no column of a manifest (did you mean 'audio'?)"),
        ([], "path and file could both be audio"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    (tmp_path / "t.csv").write_text("path,file,text\na.wav,b.wav,hello\n")
    words = [word.replace("kaldi", "kalid") for word in words]
    assert sentence in refused("import", "t.csv", "--out", "m.jsonl", "--capability", "asr", *words, cwd=tmp_path)


def test_a_format_is_that_of_own_data(tmp_path: Path) -> None:
    assert "name it with --data PATH" in refused("run", "baseline_oracle", "tones", "--as", "kaldi", cwd=tmp_path)

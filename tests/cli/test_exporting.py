"""``model-lab export`` and ``model-lab list published`` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

from model_lab.results.scoring import score_cell
from tests.cli.test_commands import cli, refused
from tests.results.conftest import MakeCell
from tests.results.conftest import make_cell as make_cell
from tests.results.conftest import runs as runs

ROWS = [{"id": "a", "text": "good day"}, {"id": "b", "text": "good night"}]


def test_an_export_says_what_it_wrote_and_what_not(make_cell: MakeCell, runs: Path, tmp_path: Path) -> None:
    score_cell(make_cell("m", ROWS, {"a": "good day", "b": ValueError("crash")}), "r")
    done = cli("export", "vtt", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "written: 1 file in runs/r/exports/vtt\n"
    assert done.stderr == "left out: m on d: 1 failed\n"
    assert "good day" in (runs / "r/exports/vtt/m/d/a.vtt").read_text()
    assert "m" in cli("report", "r", cwd=tmp_path).stdout
    done = cli("export", "csv", "--run", "r", "--model", "m", "--dataset", "d", "--out", "tables", cwd=tmp_path)
    assert done.stdout == "written: 2 files in tables\n"
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {"results.csv", "answers.csv"}


def test_a_users_mistake_is_told_in_a_sentence(make_cell: MakeCell, tmp_path: Path) -> None:
    assert "there is no run in runs" in refused("export", "csv", cwd=tmp_path)
    make_cell("m", ROWS, {"a": "good day"})
    assert "did you mean 'textgrid'?" in refused("export", "textgrit", cwd=tmp_path)
    assert "r has no scores of these models; run: model-lab score r" in refused("export", "csv", cwd=tmp_path)
    assert "rttm holds answers of diarization, vad, not of asr; asr goes into srt" in refused("export", "rttm", cwd=tmp_path)


def test_published_numbers_can_be_listed() -> None:
    found = json.loads(cli("list", "published", "--capability", "diarization", "--json").stdout)
    assert {row["capability"] for row in found} == {"diarization"}
    assert {row["model here"] for row in found} >= {"pyannote_community_1", "—"}
    assert "VoxConverse" in cli("list", "published").stdout

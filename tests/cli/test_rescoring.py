"""``model-lab rescore``: what it prints and writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import cli, refused
from tests.scored_run import TEXT, cell_maker, new_folder, wrong


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = new_folder(tmp_path)
    make = cell_maker(folder)
    make("faster_whisper", lambda number: TEXT.upper())
    make("pocketsphinx", lambda number: TEXT.removesuffix(" today"))
    make("baseline_null", wrong)
    make("baseline_oracle", lambda number: TEXT)
    return tmp_path


def test_ranks_move_and_the_report_shows_it(place: Path) -> None:
    done = cli("rescore", "synthetic", "--scorers", "wer_raw,mer", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "wer_raw: ranks change: pocketsphinx +1, " in done.stdout
    assert "mer: no rank changes, Kendall's tau with wer 1.00 (n 24)." in done.stdout
    assert "baseline_oracle" not in done.stdout
    assert cli("report", "synthetic", cwd=place).returncode == 0
    page = (place / "runs/synthetic/report/capabilities/asr.md").read_text("utf-8")
    assert "Other scorers on clips" in page and "wer_raw: ranks change" in page
    report = json.loads((place / "runs/synthetic/report/index.json").read_text("utf-8"))
    shown = report["scorecards"][0]["tables"][0]["scorers"]
    assert [ranking["column"]["name"] for ranking in shown] == ["wer", "wer_raw", "mer"]


def test_json_and_filters(place: Path) -> None:
    words = ("--scorers", "wer_raw", "--model", "pocketsphinx", "--model", "baseline_null", "--dataset", "clips", "--json")
    done = cli("rescore", "synthetic", *words, cwd=place)
    [table] = json.loads(done.stdout)
    assert (table["capability"], table["dataset"]) == ("asr", "clips")
    first, raw = table["scorers"]
    assert first["tau"] is None and raw["tau"] == 1.0
    assert [(one["model"], one["rank"], one["moved"]) for one in raw["standings"]] == [
        ("pocketsphinx", 1, 0),
        ("baseline_null", 2, 0),
    ]
    assert raw["standings"][0]["score"]["value"] == pytest.approx(0.1)
    written = sorted(path.relative_to(place / "runs/synthetic").as_posix() for path in place.rglob("scorers/*.json"))
    assert written == ["baseline_null/clips/scorers/wer_raw-1.json", "pocketsphinx/clips/scorers/wer_raw-1.json"]


def test_what_is_not_there_is_refused_with_the_nearest_name(place: Path) -> None:
    assert "no scorer 'wer_rwa' (did you mean 'wer_raw'?)" in refused("rescore", "synthetic", "--scorers", "wer_rwa", cwd=place)
    assert "did you mean 'clips'" in refused("rescore", "synthetic", "--dataset", "clip", cwd=place)
    assert "no run 'sintetic' in runs" in refused("rescore", "sintetic", cwd=place)
    assert "--scorers is empty" in refused("rescore", "synthetic", "--scorers", "", cwd=place)


def test_scorers_are_listed_and_shown() -> None:
    rows = json.loads(cli("list", "scorers", "--capability", "asr", "--json").stdout)
    assert {"wer_raw", "wer_whisper_english", "mer", "punctuation_error_rate"} <= {row["name"] for row in rows}
    assert {row["capability"] for row in rows} == {"asr"}
    assert json.loads(cli("show", "wer_raw", "--json").stdout)["scorer"] == "raw-jiwer-1"
    assert "wer_raw" in json.loads(cli("show", "asr", "--json").stdout)["scorers"]

"""A public benchmark by name, as a new user meets it: what is fetched is said, and our numbers stand beside the published ones."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from huggingface_hub import constants

from model_lab.runs import sprint
from tests.cli.test_commands import Done, cli, refused
from tests.dataset_hub import DatasetHub
from tests.datasets.hub.conftest import hub as hub
from tests.public_benchmark import SETS
from tests.public_benchmark import open_asr as open_asr

MODELS = ("--model", "echo", "--model", "baseline_null", "--model", "baseline_oracle")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "220")


def run(tmp_path: Path, *words: str) -> Done:
    done = cli("sprint", "open_asr", "--tier", "smoke", *MODELS, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return done


def row(text: str, *start: str) -> str:
    """The line of a table that begins with these cells."""
    [line] = [line for line in text.splitlines() if re.match(r"\s*" + r"\s+".join(map(re.escape, start)) + r"\s", line)]
    return line


def test_from_a_cold_cache_to_the_leaderboard_beside_the_published_one(open_asr: DatasetHub, tmp_path: Path) -> None:
    done = run(tmp_path)
    announced = re.search(r"to fetch: 7 datasets, ([\d.]+) kB of ([\d.]+) kB \(smoke: at most 300 MB a dataset\)", done.stderr)
    fetched = re.search(r"fetched ([\d.]+) kB of ([\d.]+) kB \(smoke: at most 300 MB a dataset\)", done.stderr)
    assert announced and fetched and done.stderr.index("to fetch") < done.stderr.index("echo")
    reports = [json.loads(path.read_text()) for path in (tmp_path / "cache/datasets").glob("*/smoke.json")]
    received = sum(report["received_bytes"] for report in reports)
    assert len(reports) == 7 and fetched[1] == f"{received / 1e3:.1f}"
    assert received <= open_asr.sent < 7 * 300e6

    board = done.stdout[done.stdout.index("Leaderboard: open_asr_wer ↓, macro average of 7 datasets") :]
    assert "ami" in board and "esb_ami" not in board.splitlines()[2]
    ours = row(board, "1", "echo")
    assert "1.8 % [" in ours and "differs: published is above our interval" in ours
    theirs = row(board, "published: echo-large")
    assert theirs.split()[2:4] == ["13.0", "%"] and "16.0 %" in theirs
    assert "baseline_oracle (oracle)" in board and "baseline_null (baseline)" in board
    assert "too few to rank; this is a smoke test, not a ranking claim" in board
    assert "computed again over the datasets of this table" in board

    report = json.loads((tmp_path / "runs/open_asr-smoke/report/index.json").read_text())
    [echo] = [each for each in report["leaderboard"]["rows"] if each["model"] == "echo"]
    assert echo["published_mean"] == pytest.approx(0.13) and echo["mean"] == pytest.approx(1 / 56)
    assert echo["low"] < echo["mean"] < echo["high"]
    assert set(echo["cells"]) == set(SETS) and echo["cells"]["esb_voxpopuli"]["published"] == pytest.approx(0.16)
    for page in ("index.html", "index.md"):
        text = (tmp_path / "runs/open_asr-smoke/report" / page).read_text()
        assert "Leaderboard: open_asr_wer" in text and "published 16.0 %" in text

    open_asr.requests.clear()
    again = run(tmp_path, "--offline")
    assert open_asr.requests == [] and "to fetch" not in again.stderr
    assert again.stdout[again.stdout.index("Leaderboard") :] == board


def test_a_dataset_that_cannot_be_fetched_leaves_the_mean_open(open_asr: DatasetHub, tmp_path: Path) -> None:
    [repository] = open_asr.repositories.values()
    del repository.files[next(path for path in repository.files if path.startswith("ami/"))]
    done = run(tmp_path)
    assert "to fetch: 6 datasets" in done.stderr
    board = done.stdout[done.stdout.index("Leaderboard") :]
    line = row(board, "echo")
    assert "6 of 7" in line and "agrees on 0 of 6 datasets" in line
    assert "Without a value on every dataset, and so without a mean and a rank: " in board and "echo (6 of 7)" in board


def test_a_single_run_ends_with_the_published_number(open_asr: DatasetHub, tmp_path: Path) -> None:
    done = cli("run", "echo", "esb_voxpopuli", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    expected = r"echo on esb_voxpopuli, open_asr_wer: published 16 %, here 1\.8 % \[.*\]: differs.* \(a board made by a test\)"
    assert re.search(expected, done.stdout)
    assert "to fetch: 1 dataset, " in done.stderr


def test_fetching_a_sprint_announces_it_first(open_asr: DatasetHub, tmp_path: Path) -> None:
    done = cli("fetch", "open_asr", "--offline", cwd=tmp_path)
    assert done.returncode == 1 and "esb_ami is not in the cache and downloads are off" in done.stderr
    assert open_asr.requests == []
    done = cli("fetch", *SETS, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert lines[0].startswith("to fetch: 7 datasets, ") and lines[-1].startswith("fetched ")


def test_preflight_of_datasets_and_of_a_sprint(open_asr: DatasetHub, tmp_path: Path) -> None:
    done = cli("preflight", "esb_ami", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [verdict] = json.loads(done.stdout)["datasets"]
    assert verdict["usable"] and not verdict["cached"] and 0 < verdict["tier_bytes"] <= verdict["total_bytes"]
    offline = cli("preflight", "esb_ami", "--offline", cwd=tmp_path)
    assert offline.returncode == 1 and "it is not in the cache; run: model-lab fetch esb_ami --tier smoke" in offline.stdout
    assert cli("fetch", "esb_ami", cwd=tmp_path).returncode == 0
    offline = cli("preflight", "esb_ami", "--offline", cwd=tmp_path)
    assert offline.returncode == 0 and "nothing, it is in the cache" in offline.stdout
    whole = json.loads(cli("preflight", "open_asr", "--json", cwd=tmp_path).stdout)
    assert "echo" in whole and [each["dataset"] for each in whole["datasets"]] == list(SETS)
    assert "did you mean 'open_asr'?" in refused("preflight", "open_as", cwd=tmp_path)


def test_preflight_behind_a_gate_and_without_a_network(
    open_asr: DatasetHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(name, repository)] = open_asr.repositories.items()
    repository.gated = True
    done = cli("preflight", "esb_ami", cwd=tmp_path)
    page = f"https://huggingface.co/datasets/{name}"
    assert done.returncode == 1 and f"is gated and no token was sent; accept its conditions at {page}" in " ".join(
        done.stdout.split()
    )
    monkeypatch.setenv("HF_TOKEN", "good")
    done = cli("preflight", "esb_ami", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    done = cli("preflight", "esb_ami", "--json", cwd=tmp_path)
    [verdict] = json.loads(done.stdout)["datasets"]
    assert done.returncode == 1 and "cannot be reached" in verdict["reasons"][0]


def test_public_datasets_are_listed_and_shown(open_asr: DatasetHub, tmp_path: Path) -> None:
    rows = {each["name"]: each for each in json.loads(cli("list", "datasets", "--hub", "--json", cwd=tmp_path).stdout)}
    assert set(SETS) <= set(rows) and "tones" not in rows
    assert rows["esb_ami"]["metric"] == "open_asr_wer" and rows["esb_ami"]["published"] == 2 and rows["esb_ami"]["cached"] == ""
    assert rows["esb_tedlium"]["unavailable"]
    assert cli("fetch", "esb_ami", cwd=tmp_path).returncode == 0
    shown = json.loads(cli("show", "esb_ami", "--json", cwd=tmp_path).stdout)
    assert shown["cached"] == ["smoke"] and shown["protocol"]["metric"] == "open_asr_wer"
    assert "echo-large (here echo): 10 % WER, a board made by a test" in shown["published"]
    assert shown["takes"]["smoke"].endswith("at most 300 MB a dataset") and shown["url"].startswith("https://")
    assert "--hub lists public datasets, not models" in refused("list", "models", "--hub", cwd=tmp_path)
    assert "it cannot" not in cli("show", "esb_tedlium", cwd=tmp_path).stdout
    assert cli("preflight", "esb_tedlium", cwd=tmp_path).returncode == 1
    assert open_asr.requests, "only fetching asked the hub"


@pytest.mark.parametrize("name", sprint.packaged())
def test_every_packaged_sprint_is_found_by_name_and_names_what_there_is(name: str) -> None:
    config = sprint.config(name)
    assert config.id == name and config.datasets
    assert sprint.leaderboard(config).get("datasets") in (None, *map(list, config.datasets.values()))


def test_packaged_sprints_are_listed() -> None:
    listed = {each["name"]: each for each in json.loads(cli("list", "sprints", "--json").stdout)}
    assert set(listed) == set(sprint.packaged()) >= {"hf_sprint_2026q1", "open_asr", "music", "diarization", "voices"}
    assert listed["open_asr"]["leaderboard"] == "open_asr_wer" and listed["open_asr"]["datasets"] == 7

"""Whether scores are of what is in the folder: decided by content, whatever the times of the files."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_lab.capabilities import capability
from model_lab.errors import UnknownName
from model_lab.files import write_json
from model_lab.results.schema import Timing
from model_lab.results.scoring import is_current, judgement_log, score_cell, time_cell
from model_lab.results.store import COMPONENTS, ResultCell, RunFolder, chosen
from tests.results.conftest import RIGHT, ROWS, MakeCell


@pytest.fixture
def scored(make_cell: MakeCell, make_session: Any) -> ResultCell:
    cell = make_cell("m", ROWS, RIGHT)
    cell.sessions.append(make_session())
    score_cell(cell, "r")
    assert is_current(cell)
    return cell


def timing(sample_id: str) -> Timing:
    return Timing(sample_id=sample_id, status="ok", round="2026-01-01", asked=1, latency_s=1.0)


def shuffle_times(folder: Path) -> None:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    random.Random(0).shuffle(paths)
    for second, path in enumerate(paths):
        os.utime(path, (second, second))


def test_a_copied_run_with_any_times_is_as_current_as_the_run(scored: ResultCell, runs: Path) -> None:
    shutil.copytree(runs / "r", runs / "copy", copy_function=shutil.copyfile)
    copy = RunFolder(runs / "copy").cell("m", "d")
    for newest in ("scores.json", "samples.jsonl"):
        shuffle_times(runs / "copy")
        os.utime(copy.folder / newest, (1e9, 1e9))
        assert is_current(copy) and copy.outcome() == scored.outcome()


@pytest.mark.parametrize("name", ["samples.jsonl", "questions.jsonl", "sessions.jsonl"])
def test_an_edited_file_is_scored_again_though_its_time_is_older(scored: ResultCell, name: str) -> None:
    path = scored.folder / name
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1).replace(b"red cat", b"red bat", 1))
    os.utime(path, (0, 0))
    assert not is_current(scored)
    score_cell(scored, "r")
    assert is_current(scored)


def test_a_new_judgement_or_timing_is_noticed(scored: ResultCell, make_record: Callable[..., Any]) -> None:
    judge = next(metric.judge for metric in capability("tts").metrics if metric.judge)
    judgement_log(scored, judge).append(make_record(scored, "a", "x"))
    assert not is_current(scored)
    score_cell(scored, "r")
    scored.timings.append(timing("a"))
    assert not is_current(scored)


def test_what_scoring_writes_is_not_what_it_reads(scored: ResultCell) -> None:
    assert COMPONENTS not in scored.digests() and set(scored.digests()) == {
        "questions.jsonl",
        "samples.jsonl",
        "sessions.jsonl",
    }


def test_new_times_do_not_hide_new_answers(scored: ResultCell, make_record: Callable[..., Any]) -> None:
    scored.timings.append(timing("a"))
    time_cell(scored)
    assert is_current(scored)
    scored.answers.append(make_record(scored, "a", "another"))
    scored.timings.append(timing("b"))
    time_cell(scored)
    assert not is_current(scored)


def test_scores_without_hashes_are_current_until_a_file_is_newer(scored: ResultCell) -> None:
    outcome = scored.outcome()
    assert outcome is not None
    path = scored.folder / "scores.json"
    write_json(path, outcome.model_dump(mode="json", exclude={"scored_from"}))
    os.utime(path, (2e9, 2e9))
    assert scored.outcome() is not None and is_current(scored)
    os.utime(scored.answers.path, (3e9, 3e9))
    assert not is_current(scored)
    assert score_cell(scored, "r") == outcome and is_current(scored)


def test_the_run_begun_last_is_that_of_the_manifests_not_of_the_file_system(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="there is no run"):
        chosen(tmp_path)
    for name, started in {"b": "2026-11-30T00:15:43+00:00", "a": "2026-11-30T00:15:43.120+00:00", "c": ""}.items():
        write_json(tmp_path / name / "manifest.json", {"started": started} if started else {})
    shuffle_times(tmp_path)
    assert chosen(tmp_path).name == "a" and chosen(tmp_path, "c").name == "c"


def test_a_run_knows_whether_any_scores_have_changed(scored: ResultCell, runs: Path) -> None:
    run = RunFolder(runs / "r")
    before = run.scores_digest()
    shuffle_times(run.path)
    score_cell(scored, "r")
    assert run.scores_digest() == before
    scored.answers.append(next(iter(scored.latest().values())).model_copy(update={"latency_s": 9.0}))
    score_cell(scored, "r")
    assert run.scores_digest() != before

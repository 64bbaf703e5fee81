"""Run folders and their cells are read as they were written, whatever was begun, superseded, locked or torn."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from model_lab.errors import StoreError, UnknownName
from model_lab.files import write_json, write_jsonl
from model_lab.results.schema import SCHEMA_VERSION, Run, RunSpec, SampleResult, StoredSample, WorkerSession
from model_lab.results.scoring import score_cell
from model_lab.results.store import JsonlLog, ResultCell, RunFolder, run_folder, run_folders
from tests.results.conftest import ids, result

SPEC = RunSpec(model="m", model_revision="1", dataset="d", dataset_revision="1", capability="asr", device="cpu")
QUESTIONS = [StoredSample(id=name, group="g", duration=1.0, folder="/data", row={"text": name}) for name in ("a", "b")]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new folder" / "x.json"
    write_json(path, {"ä": 1})
    assert json.loads(path.read_text("utf-8")) == {"ä": 1}
    assert os.listdir(path.parent) == ["x.json"]

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="full"):
        write_json(path, {"ä": 2})
    assert json.loads(path.read_text("utf-8")) == {"ä": 1}


def test_lines_are_read_back_as_records(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    write_jsonl(path, (question.model_dump(mode="json") for question in QUESTIONS))
    assert JsonlLog(path).read(StoredSample) == QUESTIONS
    write_jsonl(path, [])
    assert JsonlLog(path).read(StoredSample) == [] and path.read_bytes() == b""


def test_a_cell_says_what_it_was_asked(tmp_path: Path) -> None:
    cell = ResultCell(tmp_path / "m" / "d")
    assert cell.header() is None and cell.questions() == [] and cell.latest() == {} and cell.outcome() is None
    with pytest.raises(StoreError, match=r"has no spec\.json"):
        cell.spec()
    cell.begin(SPEC, "smoke", QUESTIONS)
    assert cell.spec() == SPEC and cell.questions() == QUESTIONS
    assert cell.header() == {"key": SPEC.key, "tier": "smoke", "spec": SPEC.model_dump(mode="json")}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": "x"}', "null", "\xff"])
def test_a_header_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    cell = ResultCell(tmp_path)
    (tmp_path / "spec.json").write_bytes(text.encode("latin-1"))
    assert cell.header() is None
    with pytest.raises(StoreError):
        cell.spec()


def test_beginning_again_keeps_the_answers(tmp_path: Path) -> None:
    cell = ResultCell(tmp_path / "m" / "d")
    cell.begin(SPEC, "smoke", QUESTIONS[:1])
    cell.answers.append(result("a"))
    cell.begin(SPEC, "standard", QUESTIONS)
    assert cell.latest().keys() == {"a"} and cell.questions() == QUESTIONS


def test_the_latest_record_of_a_sample_wins(tmp_path: Path) -> None:
    cell = ResultCell(tmp_path)
    for name, answer in (("a", 1), ("b", 2), ("a", 3)):
        cell.answers.append(SampleResult(sample_id=name, status="ok", hypothesis=answer))
    assert {name: record.hypothesis for name, record in cell.latest().items()} == {"a": 3, "b": 2}


def test_the_outcome_of_another_schema_is_none(tmp_path: Path) -> None:
    cell = ResultCell(tmp_path)
    run = Run(run="r", spec=SPEC, key=SPEC.key, tier="smoke", status="complete", n_samples=0, n_ok=0, n_failed=0)
    write_json(tmp_path / "scores.json", run.model_dump(mode="json"))
    assert cell.outcome() == run
    for version in (SCHEMA_VERSION - 1, SCHEMA_VERSION + 1):
        write_json(tmp_path / "scores.json", {**run.model_dump(mode="json"), "schema_version": version})
        assert cell.outcome() is None
    for text in ("{", "[]", '{"run": 1}', "\xff"):
        (tmp_path / "scores.json").write_bytes(text.encode("latin-1"))
        assert cell.outcome() is None


def test_sessions_are_kept_apart_from_answers(tmp_path: Path) -> None:
    cell = ResultCell(tmp_path)
    session = WorkerSession(
        worker_pid=1,
        environment="lab",
        device="cpu",
        threads=1,
        load_s=0.1,
        load_cpu_s=0.1,
        peak_memory_mb=1,
        answered=0,
        ended="closed",
    )
    cell.sessions.append(session)
    assert cell.sessions.read(WorkerSession) == [session] and cell.latest() == {}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "runs" / "r")
    write_json(folder.path / "manifest.json", {})
    return folder


def test_cells_are_listed_by_model_and_dataset(folder: RunFolder) -> None:
    for model, dataset in (("b", "x"), ("a", "y"), ("a", "x")):
        folder.cell(model, dataset).begin(SPEC, "smoke", [])
    (folder.path / "c" / "x").mkdir(parents=True)
    write_jsonl(folder.path / "d" / "x" / "questions.jsonl", [])
    write_json(folder.path / "e" / "x" / "spec.json", [])
    assert [cell.folder.relative_to(folder.path).as_posix() for cell in folder.cells()] == ["a/x", "a/y", "b/x"]


def test_superseded_answers_are_kept_aside(folder: RunFolder) -> None:
    cell = folder.cell("m", "d")
    for name in ("a", "b"):
        cell.begin(SPEC, "smoke", QUESTIONS)
        cell.answers.append(result(name))
        folder.supersede(cell)
        assert not cell.folder.exists() and folder.cells() == []
    kept = sorted((folder.path / "superseded").iterdir())
    assert [ids(ResultCell(path).answers) for path in kept] == [["a"], ["b"]]
    assert all(path.name.startswith(f"m.d.{SPEC.key}.") for path in kept)


def test_a_cell_without_a_header_can_be_superseded_too(folder: RunFolder) -> None:
    cell = folder.cell("m", "d")
    cell.answers.append(result("a"))
    folder.supersede(cell)
    assert [ids(ResultCell(path).answers) for path in (folder.path / "superseded").iterdir()] == [["a"]]


def test_runs_are_found_by_name_and_nothing_else(folder: RunFolder) -> None:
    runs = folder.path.parent
    (runs / "half").mkdir()
    assert [found.name for found in run_folders(runs)] == ["r"]
    assert run_folder(runs, "r").path == folder.path
    for name in ("half", "..", "../runs/r", "r/", ""):
        with pytest.raises(UnknownName):
            run_folder(runs, name)
    write_json(runs / "sprint_2026" / "manifest.json", {})
    with pytest.raises(UnknownName, match="did you mean 'sprint_2026'"):
        run_folder(runs, "sprint2026")


def test_a_runs_folder_that_is_a_file_is_told_too(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.write_text("")
    with pytest.raises(StoreError, match="choose another folder with --runs"), RunFolder(runs / "r").locked():
        pass
    with pytest.raises(StoreError, match="choose another folder with --runs"):
        RunFolder(runs / "r").cell("m", "d").begin(SPEC, "smoke", QUESTIONS)
    assert run_folders(runs) == []


def test_two_in_one_folder_the_second_is_told(folder: RunFolder) -> None:
    with folder.locked():
        with pytest.raises(StoreError, match="is being written by another sprint"), RunFolder(folder.path).locked():
            pass
        with RunFolder(folder.path.parent / "other").locked():
            pass
    with folder.locked():
        pass


def test_the_lock_of_a_killed_process_is_free_again(folder: RunFolder) -> None:
    program = """
        import pathlib, sys, time
        from model_lab.results.store import RunFolder
        with RunFolder(pathlib.Path(sys.argv[1])).locked():
            print("locked", flush=True)
            time.sleep(600)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(folder.path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None and child.stdout.readline() == "locked\n"
    with pytest.raises(StoreError, match="another sprint"), folder.locked():
        pass
    child.kill()
    child.wait()
    child.stdout.close()
    with folder.locked():
        pass


def test_the_lock_is_let_go_when_the_work_fails(folder: RunFolder) -> None:
    with pytest.raises(ZeroDivisionError), folder.locked():
        raise ZeroDivisionError
    with RunFolder(folder.path).locked():
        pass


def test_a_run_folder_scored_after_a_torn_write_counts_what_is_whole(folder: RunFolder) -> None:
    cell = folder.cell("m", "d")
    cell.begin(SPEC, "smoke", QUESTIONS)
    cell.answers.append(
        SampleResult(sample_id="a", status="ok", hypothesis={"type": "Transcript", "text": "a", "words": [], "language": ""})
    )
    with cell.answers.path.open("a") as stream:
        stream.write('{"sample_id":"b","status":"o')
    run = score_cell(cell, "r")
    assert (run.status, run.n_ok, run.n_failed) == ("partial", 1, 0)

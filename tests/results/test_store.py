"""Run folders survive kills, full disks, read-only folders and each other."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_lab.errors import BadConfig, StoreError, UnknownName
from model_lab.files import write_json, write_jsonl
from model_lab.results import store
from model_lab.results.schema import SCHEMA_VERSION, Question, Run, RunSpec, SampleResult, Session
from model_lab.results.scoring import score_cell
from model_lab.results.store import Cell, Log, RunFolder, run_folder, run_folders

SPEC = RunSpec(model="m", model_revision="1", dataset="d", dataset_revision="1", capability="asr", device="cpu")
QUESTIONS = [Question(id=name, group="g", duration=1.0, folder="/data", row={"text": name}) for name in ("a", "b")]
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
RESULT = st.builds(
    SampleResult,
    sample_id=TEXT,
    status=st.sampled_from(["ok", "failed"]),
    hypothesis=st.recursive(
        st.none() | st.booleans() | TEXT | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=5,
    ),
    latency_s=st.none() | st.floats(0, 1e6),
    cold=st.booleans(),
    error=TEXT,
)


def result(name: str) -> SampleResult:
    return SampleResult(sample_id=name, status="ok", hypothesis=name)


def ids(log: Log) -> list[str]:
    return [record.sample_id for record in log.read(SampleResult)]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "cell" / "samples.jsonl")


# Logs


def test_a_log_that_does_not_exist_is_empty_and_is_not_made_by_reading(log: Log) -> None:
    assert log.read(SampleResult) == []
    assert not log.path.parent.exists()


@given(st.lists(RESULT, max_size=5))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_appended_is_read(log: Log, results: list[SampleResult]) -> None:
    log.path.unlink(missing_ok=True)
    for record in results:
        log.append(record)
    assert log.read(SampleResult) == results


def test_newlines_of_every_kind_stay_inside_their_record(log: Log) -> None:
    for text in ("a\nb", "a\r\nb", "a\u2028b\u2029c\x85d\x0b\x0c\x1c", "\x00"):
        log.append(result(text))
    assert ids(log) == ["a\nb", "a\r\nb", "a\u2028b\u2029c\x85d\x0b\x0c\x1c", "\x00"]
    assert log.path.read_bytes().count(b"\n") == 4


def test_a_log_cut_anywhere_loses_at_most_its_last_record(log: Log) -> None:
    for name in ("a", "b", "ü"):
        log.append(result(name))
    whole = log.path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole) + 1):
        log.path.write_bytes(whole[:cut])
        kept = ["a", "b", "ü"][: sum(end <= cut for end in ends)]
        assert ids(log) == kept
        log.append(result("new"))
        assert ids(log) == [*kept, "new"]


def test_a_tail_of_zeros_after_a_power_cut_is_cut_off(log: Log) -> None:
    log.append(result("a"))
    with log.path.open("ab") as stream:
        stream.write(b"\x00" * 5000)
    assert ids(log) == ["a"]
    log.append(result("b"))
    assert ids(log) == ["a", "b"]


@pytest.mark.parametrize("before", [0, 1])
def test_a_torn_line_longer_than_a_block_is_cut_off_whole(log: Log, before: int) -> None:
    log.path.parent.mkdir()
    for name in ["a"] * before:
        log.append(result(name))
    with log.path.open("ab") as stream:
        stream.write(b'{"sample_id": "' + b"x" * (3 * store._BLOCK + 17))
    log.append(result("b"))
    assert ids(log) == ["a"] * before + ["b"]


def test_a_broken_line_in_the_middle_is_an_error_that_names_it(log: Log) -> None:
    log.append(result("a"))
    for line, told in (
        (b"nonsense\n", StoreError),
        (b"[1]\n", StoreError),
        (b"\xff\n", StoreError),
        (b'{"sample": "a"}\n', BadConfig),
    ):
        whole = log.path.read_bytes()
        log.path.write_bytes(whole + line)
        with pytest.raises(told, match=r"samples\.jsonl:2"):
            log.read(SampleResult)
        log.path.write_bytes(whole)


def full_disk(monkeypatch: pytest.MonkeyPatch, takes: int) -> None:
    """The next write takes ``takes`` bytes; all after it nothing."""
    write = os.write
    left = [takes]

    def short(descriptor: int, data: bytes) -> int:
        if left[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken, left[0] = left[0], 0
        return write(descriptor, data[:taken])

    monkeypatch.setattr(os, "write", short)


@pytest.mark.parametrize("takes", [0, 1, 10])
def test_a_full_disk_leaves_the_log_as_it_was(log: Log, monkeypatch: pytest.MonkeyPatch, takes: int) -> None:
    log.append(result("a"))
    before = log.path.read_bytes()
    with monkeypatch.context() as during:
        full_disk(during, takes)
        with pytest.raises(StoreError, match="is full; free some space"):
            log.append(result("b"))
    assert log.path.read_bytes() == before
    log.append(result("b"))
    assert ids(log) == ["a", "b"]


def test_a_sync_that_fails_takes_the_record_back(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    log.append(result("a"))
    with monkeypatch.context() as during:
        during.setattr(os, "fsync", fail)
        with pytest.raises(StoreError):
            log.append(result("b"))
    assert ids(log) == ["a"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_really_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="--runs"):
        Log(tmp_path / "cell" / "samples.jsonl").append(result("a"))


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_a_read_only_folder_is_told_in_one_sentence(log: Log, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(*_: Any, **__: Any) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreError, match="choose another folder with --runs") as caught:
        log.append(result("a"))
    assert "\n" not in str(caught.value) and str(log.path) in str(caught.value)


def test_a_runs_folder_that_is_a_file_is_told_too(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.write_text("")
    with pytest.raises(StoreError, match="choose another folder with --runs"), RunFolder(runs / "r").locked():
        pass
    with pytest.raises(StoreError, match="choose another folder with --runs"):
        RunFolder(runs / "r").cell("m", "d").begin(SPEC, "smoke", QUESTIONS)
    assert run_folders(runs) == []


def test_a_process_killed_while_appending_loses_nothing_it_had_told(tmp_path: Path) -> None:
    """Each record is announced after `append`; all that was announced must be there, in order, and no more than one besides."""
    program = """
        import itertools, pathlib, sys
        from model_lab.results.schema import SampleResult
        from model_lab.results.store import Log
        log = Log(pathlib.Path(sys.argv[1]))
        for n in itertools.count():
            log.append(SampleResult(sample_id=str(n), status="ok", hypothesis="x" * 10000))
            print(n, flush=True)
    """
    log = Log(tmp_path / "samples.jsonl")
    expected = 0
    for round_ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), str(log.path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(20 + 7 * round_):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        told = 20 + 7 * round_ + len(child.stdout.read().splitlines())
        child.wait()
        child.stdout.close()
        found = ids(log)[expected:]
        assert found == [str(n) for n in range(len(found))]
        assert told <= len(found) <= told + 1
        expected += len(found)


# Whole files


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
    assert Log(path).read(Question) == QUESTIONS
    write_jsonl(path, [])
    assert Log(path).read(Question) == [] and path.read_bytes() == b""


# Cells


def test_a_cell_says_what_it_was_asked(tmp_path: Path) -> None:
    cell = Cell(tmp_path / "m" / "d")
    assert cell.header() is None and cell.questions() == [] and cell.latest() == {} and cell.outcome() is None
    with pytest.raises(StoreError, match=r"has no spec\.json"):
        cell.spec()
    cell.begin(SPEC, "smoke", QUESTIONS)
    assert cell.spec() == SPEC and cell.questions() == QUESTIONS
    assert cell.header() == {"key": SPEC.key, "tier": "smoke", "spec": SPEC.model_dump(mode="json")}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": "x"}', "null", "\xff"])
def test_a_header_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    cell = Cell(tmp_path)
    (tmp_path / "spec.json").write_bytes(text.encode("latin-1"))
    assert cell.header() is None
    with pytest.raises(StoreError):
        cell.spec()


def test_beginning_again_keeps_the_answers(tmp_path: Path) -> None:
    cell = Cell(tmp_path / "m" / "d")
    cell.begin(SPEC, "smoke", QUESTIONS[:1])
    cell.answers.append(result("a"))
    cell.begin(SPEC, "standard", QUESTIONS)
    assert cell.latest().keys() == {"a"} and cell.questions() == QUESTIONS


def test_the_latest_record_of_a_sample_wins(tmp_path: Path) -> None:
    cell = Cell(tmp_path)
    for name, answer in (("a", 1), ("b", 2), ("a", 3)):
        cell.answers.append(SampleResult(sample_id=name, status="ok", hypothesis=answer))
    assert {name: record.hypothesis for name, record in cell.latest().items()} == {"a": 3, "b": 2}


def test_the_outcome_of_another_schema_is_none(tmp_path: Path) -> None:
    cell = Cell(tmp_path)
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
    cell = Cell(tmp_path)
    session = Session(
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
    assert cell.sessions.read(Session) == [session] and cell.latest() == {}


# Run folders


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
    assert [ids(Cell(path).answers) for path in kept] == [["a"], ["b"]]
    assert all(path.name.startswith(f"m.d.{SPEC.key}.") for path in kept)


def test_a_cell_without_a_header_can_be_superseded_too(folder: RunFolder) -> None:
    cell = folder.cell("m", "d")
    cell.answers.append(result("a"))
    folder.supersede(cell)
    assert [ids(Cell(path).answers) for path in (folder.path / "superseded").iterdir()] == [["a"]]


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

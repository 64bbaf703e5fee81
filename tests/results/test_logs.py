"""Logs of records survive kills, full disks and read-only folders."""

from __future__ import annotations

import errno
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

from model_lab.errors import BadConfig, StoreError
from model_lab.files import write_text
from model_lab.results import store
from model_lab.results.schema import SampleResult
from model_lab.results.store import JsonlLog
from tests.results.conftest import ids, result

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


@pytest.fixture
def log(tmp_path: Path) -> JsonlLog:
    return JsonlLog(tmp_path / "cell" / "samples.jsonl")


def test_a_log_that_does_not_exist_is_empty_and_is_not_made_by_reading(log: JsonlLog) -> None:
    assert log.read(SampleResult) == []
    assert not log.path.parent.exists()


@given(st.lists(RESULT, max_size=5))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_appended_is_read(log: JsonlLog, results: list[SampleResult]) -> None:
    log.path.unlink(missing_ok=True)
    for record in results:
        log.append(record)
    assert log.read(SampleResult) == results


def test_newlines_of_every_kind_stay_inside_their_record(log: JsonlLog) -> None:
    for text in ("a\nb", "a\r\nb", "a\u2028b\u2029c\x85d\x0b\x0c\x1c", "\x00"):
        log.append(result(text))
    assert ids(log) == ["a\nb", "a\r\nb", "a\u2028b\u2029c\x85d\x0b\x0c\x1c", "\x00"]
    assert log.path.read_bytes().count(b"\n") == 4


def test_a_log_cut_anywhere_loses_at_most_its_last_record(log: JsonlLog) -> None:
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


def test_a_tail_of_zeros_after_a_power_cut_is_cut_off(log: JsonlLog) -> None:
    log.append(result("a"))
    with log.path.open("ab") as stream:
        stream.write(b"\x00" * 5000)
    assert ids(log) == ["a"]
    log.append(result("b"))
    assert ids(log) == ["a", "b"]


@pytest.mark.parametrize("before", [0, 1])
def test_a_torn_line_longer_than_a_block_is_cut_off_whole(log: JsonlLog, before: int) -> None:
    log.path.parent.mkdir()
    for name in ["a"] * before:
        log.append(result(name))
    with log.path.open("ab") as stream:
        stream.write(b'{"sample_id": "' + b"x" * (3 * store._BLOCK + 17))
    log.append(result("b"))
    assert ids(log) == ["a"] * before + ["b"]


def test_a_broken_line_in_the_middle_is_an_error_that_names_it(log: JsonlLog) -> None:
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
def test_a_full_disk_leaves_the_log_as_it_was(log: JsonlLog, monkeypatch: pytest.MonkeyPatch, takes: int) -> None:
    log.append(result("a"))
    before = log.path.read_bytes()
    with monkeypatch.context() as during:
        full_disk(during, takes)
        with pytest.raises(StoreError, match="is full; free some space"):
            log.append(result("b"))
    assert log.path.read_bytes() == before
    log.append(result("b"))
    assert ids(log) == ["a", "b"]


def test_a_sync_that_fails_takes_the_record_back(log: JsonlLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    log.append(result("a"))
    with monkeypatch.context() as during:
        during.setattr(os, "fsync", fail)
        with pytest.raises(StoreError):
            log.append(result("b"))
    assert ids(log) == ["a"]


def test_a_file_that_a_full_disk_refuses_leaves_nothing_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="is full"):
        write_text(tmp_path / "scores.json", "{}")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_really_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="--runs"):
        JsonlLog(tmp_path / "cell" / "samples.jsonl").append(result("a"))


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_a_read_only_folder_is_told_in_one_sentence(log: JsonlLog, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(*_: Any, **__: Any) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreError, match="choose another folder with --runs") as caught:
        log.append(result("a"))
    assert "\n" not in str(caught.value) and str(log.path) in str(caught.value)


def test_a_process_killed_while_appending_loses_nothing_it_had_told(tmp_path: Path) -> None:
    """Each record is announced after `append`; all that was announced must be there, in order, and no more than one besides."""
    program = """
        import itertools, pathlib, sys
        from model_lab.results.schema import SampleResult
        from model_lab.results.store import JsonlLog
        log = JsonlLog(pathlib.Path(sys.argv[1]))
        for n in itertools.count():
            log.append(SampleResult(sample_id=str(n), status="ok", hypothesis="x" * 10000))
            print(n, flush=True)
    """
    log = JsonlLog(tmp_path / "samples.jsonl")
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

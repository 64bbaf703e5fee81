"""The queue: one at a time and in order; what stops, what is forgotten, and what is said of what went wrong."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_lab.cancellation import Cancelled
from model_lab.errors import BadAudio, WorkerFailed
from model_lab.ui.jobs import Full, Job, JobProgress, Jobs, Work

LONG_S = 30.0


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs(most=2, kept=3)
    yield made
    made.close()


class Gate:
    """Work that goes on until it is let go, or stopped."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.open = threading.Event()

    def __call__(self, job: Job) -> str:
        self.begun.set()
        while not self.open.wait(0.01):
            job.cancel.raise_if_cancelled()
        return "through"


@pytest.fixture
def gate(jobs: Jobs) -> Iterator[Gate]:
    """What keeps the queue busy: the first job."""
    held = Gate()
    jobs.add("gate", "the first", held)
    assert held.begun.wait(LONG_S)
    yield held
    held.open.set()


def test_jobs_are_done_one_at_a_time_in_their_order(jobs: Jobs, gate: Gate) -> None:
    order: list[int] = []
    first, *later = jobs.find(1), *(jobs.add("x", "later", lambda job: order.append(job.number)) for _ in range(2))
    assert first is not None and (first.state, [job.state for job in later]) == ("running", ["waiting", "waiting"])
    assert [jobs.ahead(job) for job in (first, *later)] == [0, 1, 2]
    gate.open.set()
    assert all(job.join(LONG_S) for job in later)
    assert order == [2, 3] and first.result == "through" and [job.number for job in jobs.all()] == [3, 2, 1]


def test_no_more_may_wait_than_the_queue_holds(jobs: Jobs, gate: Gate, tmp_path: Path) -> None:
    waiting = [jobs.add("x", "waits", lambda job: None) for _ in range(2)]
    (tmp_path / "sent").mkdir()
    with pytest.raises(Full, match="2 jobs are waiting, which is the maximum"):
        jobs.add("x", "one too many", Work(lambda job: None, tmp_path / "sent"))
    assert not (tmp_path / "sent").exists() and len(jobs.all()) == 3
    waiting[0].stop()
    jobs.add("x", "in its place", lambda job: None)


def test_a_waiting_job_ends_at_once_and_is_never_begun(jobs: Jobs, gate: Gate, tmp_path: Path) -> None:
    begun: list[int] = []
    (tmp_path / "sent").mkdir()
    job = jobs.add("x", "waits", Work(lambda job: begun.append(1), tmp_path / "sent"))
    job.stop()
    assert (job.state, job.ended, job.stopping) == ("stopped", True, False) and "before it began" in job.error
    assert not (tmp_path / "sent").exists()
    gate.open.set()
    assert jobs.add("x", "after it", lambda job: None).join(LONG_S) and begun == [] and job.state == "stopped"


def test_a_running_job_stops_where_it_looks(jobs: Jobs, gate: Gate) -> None:
    job = jobs.find(1)
    assert job is not None
    ended: list[str] = []
    job.cancel.on_cancel(lambda: ended.append("registered before"))
    job.stop()
    job.cancel.on_cancel(lambda: ended.append("registered after"))
    assert job.join(LONG_S) and job.state == "stopped" and "continues from there" in job.error
    assert ended == ["registered before", "registered after"]
    job.stop()
    assert job.state == "stopped"


def test_what_fails_because_it_is_stopped_is_stopped(jobs: Jobs) -> None:
    def killed(job: Job) -> None:
        job.stop()
        raise WorkerFailed("its worker was killed (signal 9)")

    job = jobs.add("x", "killed", killed)
    assert job.join(LONG_S) and (job.state, "signal 9" in job.error) == ("stopped", False)


def test_a_fault_of_the_asker_is_a_sentence(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(job: Job) -> None:
        raise BadAudio("x.wav is empty")

    job = jobs.add("x", "refused", refuse)
    assert job.join(LONG_S) and (job.state, job.error) == ("failed", "x.wav is empty")
    assert not caplog.records


@pytest.mark.parametrize("error", [ZeroDivisionError("1/0"), SystemExit(3), MemoryError(), KeyboardInterrupt()])
def test_a_fault_of_ours_is_a_sentence_and_a_traceback_in_the_log(
    jobs: Jobs, error: BaseException, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def breaks(job: Job) -> None:
        raise error

    (tmp_path / "sent").mkdir()
    job = jobs.add("x", "two\nlines", Work(breaks, tmp_path / "sent"))
    assert job.join(LONG_S) and job.state == "failed"
    assert job.error.startswith(f"{type(error).__name__}: ") and "log of the server" in job.error
    (record,) = caplog.records
    assert record.levelno == logging.ERROR and record.exc_info is not None and record.exc_info[1] is error
    assert "\n" not in record.getMessage() and "breaks" in caplog.text
    assert not (tmp_path / "sent").exists()
    assert jobs.add("x", "the next", lambda job: None).join(LONG_S)  # the queue lives


def test_only_the_last_jobs_are_remembered(jobs: Jobs) -> None:
    for _ in range(6):
        assert jobs.add("x", "short", lambda job: None).join(LONG_S)
    last = jobs.add("x", "the last", lambda job: None)
    assert last.join(LONG_S) and [job.number for job in jobs.all()] == [7, 6, 5, 4]
    assert jobs.find(3) is None and jobs.find(0) is None and jobs.find(99) is None


def test_only_the_last_lines_are_kept(jobs: Jobs) -> None:
    def talk(job: Job) -> None:
        for number in range(5000):
            job.say(str(number))

    job = jobs.add("x", "talks", talk)
    assert job.join(LONG_S) and (len(job.lines), job.lines[-1]) == (2000, "4999")


def test_whoever_waits_is_told(jobs: Jobs, gate: Gate) -> None:
    job = jobs.find(1)
    assert job is not None
    seen = job.wait()
    assert job.wait(seen, timeout=0.01) == seen
    job.progress("samples", 3, 8)
    job.show("half")
    assert job.wait(seen, timeout=LONG_S) > seen and (job.bars, job.result) == ({"samples": JobProgress(3, 8)}, "half")
    job.stop()
    assert job.join(LONG_S)
    job.say("a line about a job that is stopped")  # observing a job never ends it
    job.progress("x", 1, 2)
    with pytest.raises(Cancelled):
        job.cancel.raise_if_cancelled()


def test_closing_stops_what_runs_and_what_waits(tmp_path: Path) -> None:
    jobs, gate = Jobs(), Gate()
    (tmp_path / "sent").mkdir()
    running, waiting = jobs.add("x", "runs", gate), jobs.add("x", "waits", Work(lambda job: 1, tmp_path / "sent"))
    assert gate.begun.wait(LONG_S)
    jobs.close()
    assert (running.state, waiting.state) == ("stopped", "stopped") and not (tmp_path / "sent").exists()
    with pytest.raises(Full):
        jobs.add("x", "too late", lambda job: None)
    jobs.close()

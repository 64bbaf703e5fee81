"""Tasks run once each, never above the memory, never on shared cores."""

from __future__ import annotations

import os
import threading
import time

import pytest

from model_lab.errors import BadConfig, StoreError
from model_lab.runs.executors import LocalExecutor, Task
from model_lab.workers.client import ResourceAllocation

CORES = len(os.sched_getaffinity(0))


def _task(name: str, memory_gb: float, done: list[str], seconds: float = 0.0) -> Task:
    def work(allocation: ResourceAllocation) -> None:
        time.sleep(seconds)
        done.append(name)

    return Task(name, memory_gb, work, lambda reason: done.append(f"{name} refused: {reason}"))


def test_every_task_runs_once() -> None:
    done: list[str] = []
    LocalExecutor(jobs=min(2, CORES), memory_gb=10).run([_task(str(number), 1, done) for number in range(20)])
    assert sorted(done) == sorted(map(str, range(20)))


def test_a_task_that_can_never_fit_is_refused_and_the_others_run() -> None:
    done: list[str] = []
    LocalExecutor(memory_gb=2).run([_task("big", 3.0, done), _task("small", 1.0, done)])
    assert "small" in done
    assert any(text.startswith("big refused: it needs 3.0 GB of memory and 2.0 GB may be used") for text in done)


@pytest.mark.skipif(CORES < 2, reason="needs two cores")
def test_memory_is_never_promised_twice() -> None:
    lock, running, most = threading.Lock(), 0.0, 0.0

    def work(allocation: ResourceAllocation) -> None:
        nonlocal running, most
        with lock:
            running += 3
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 3

    LocalExecutor(jobs=2, memory_gb=5).run([Task(str(number), 3, work, print) for number in range(6)])
    assert most == 3


@pytest.mark.skipif(CORES < 2, reason="needs two cores")
def test_two_jobs_have_no_core_in_common() -> None:
    seen: list[ResourceAllocation] = []
    barrier = threading.Barrier(2, timeout=10)

    def work(allocation: ResourceAllocation) -> None:
        seen.append(allocation)
        barrier.wait()

    LocalExecutor(jobs=2, memory_gb=5).run([Task("a", 1, work, print), Task("b", 1, work, print)])
    assert set(seen[0].cores or ()).isdisjoint(seen[1].cores or ())
    assert seen[0].threads == CORES // 2


def test_an_error_ends_the_whole() -> None:
    def fail(allocation: ResourceAllocation) -> None:
        raise StoreError("the disk is full")

    done: list[str] = []
    with pytest.raises(StoreError, match="disk is full"):
        LocalExecutor(memory_gb=5).run([Task("a", 1, fail, print), *(_task(str(number), 1, done) for number in range(3))])
    assert done == []


@pytest.mark.parametrize("jobs", [0, -1, 10_000])
def test_jobs_beyond_the_cores_are_refused(jobs: int) -> None:
    with pytest.raises(BadConfig, match=f"--jobs is {jobs}; expected 1 to {CORES}"):
        LocalExecutor(jobs=jobs)

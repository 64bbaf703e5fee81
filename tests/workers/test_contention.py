"""Waiting for a core that others use: measured on one that is certainly shared, judged where the system counts nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from model_lab.registry import model_cards
from model_lab.results.schema import SampleResult
from model_lab.results.speed import contended
from model_lab.results.store import RunFolder
from model_lab.runs import bench
from model_lab.types import Audio
from model_lab.workers import contention
from model_lab.workers.client import ResourceAllocation, Worker, WorkerAnswer
from model_lab.workers.contention import SystemCounters
from tests.conftest import MakeModel

NOISE = Audio((0.1 * np.random.default_rng(0).standard_normal(16000)).astype(np.float32), 16000)
COUNTED = Path("/proc/self/schedstat").exists() and hasattr(os, "sched_setaffinity")
BURN = "end = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"
CHILD = f"import subprocess\nsubprocess.run([sys.executable, '-c', {'import time' + chr(10) + BURN.format(seconds=0.2)!r}])\n"
PERFECT = "return Transcript('the cat sat')"

needs_counts = pytest.mark.skipif(not COUNTED, reason="this system does not count how long threads wait for a core")


@pytest.fixture
def core() -> int:
    """One core, for everything that is to be in each other's way."""
    return min(os.sched_getaffinity(0))


@pytest.fixture
def crowded(core: int) -> Iterator[Callable[[], None]]:
    """``crowded()`` frees the core, which three processes use up; each is a session, as a scheduler may be fair to sessions."""
    pin = f"import os; os.sched_setaffinity(0, {{{core}}}); print(flush=True)\nwhile True: pass"
    hogs = [subprocess.Popen([sys.executable, "-c", pin], stdout=subprocess.PIPE, start_new_session=True) for _ in range(3)]
    for hog in hogs:
        assert hog.stdout is not None
        hog.stdout.readline()

    def free() -> None:
        for hog in hogs:
            hog.kill()
            hog.wait()

    yield free
    free()
    for hog in hogs:
        assert hog.stdout is not None
        hog.stdout.close()


def _record(answer: WorkerAnswer) -> SampleResult:
    return SampleResult(sample_id="a", status="ok", **asdict(answer.cost))


@needs_counts
@pytest.mark.parametrize("work", [BURN.format(seconds=0.2), CHILD], ids=["of its own", "of a program it calls"])
def test_work_on_a_shared_core_has_waited(
    make_model: MakeModel, tmp_path: Path, core: int, crowded: Callable[[], None], work: str
) -> None:
    make_model("busy", work + PERFECT)
    worker = Worker(model_cards.card("busy"), "cpu", allocation=ResourceAllocation((core,)), log=tmp_path / "log")
    worker.start()
    try:
        timed = [_record(worker.ask("asr", (NOISE,))) for _ in range(3)]
    finally:
        worker.close()
    assert contended(timed) is True
    lost = sum(one.latency_s or 0 for one in timed) - sum(
        one.cpu_s or 0 for one in timed
    )  # a program's start waits for its files too
    assert 0.3 * lost < sum(one.waited_s or 0 for one in timed) < 1.3 * lost
    assert 0.3 * lost < sum(one.others_s or 0 for one in timed) < 1.3 * lost


@needs_counts
def test_a_model_that_sleeps_on_a_crowded_core_is_not_held_up_by_as_much_as_it_sleeps(
    make_model: MakeModel, tmp_path: Path, core: int, crowded: Callable[[], None]
) -> None:
    make_model("lazy", f"time.sleep(1.0); {PERFECT}")
    worker = Worker(model_cards.card("lazy"), "cpu", allocation=ResourceAllocation((core,)), log=tmp_path / "log")
    worker.start()
    try:
        taken = worker.ask("asr", (NOISE,)).cost
    finally:
        worker.close()
    assert taken.waited_s is not None and taken.others_s is not None
    assert taken.waited_s < 0.5 < taken.others_s


@needs_counts
def test_what_runs_out_of_time_on_a_crowded_core_is_asked_again_alone(
    make_model: MakeModel, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, core: int, crowded: Callable[[], None]
) -> None:
    make_model("busy", BURN.format(seconds=0.4) + PERFECT)
    monkeypatch.setattr("model_lab.workers.cores.own", lambda: [core])
    monkeypatch.setattr("model_lab.runs.runner.Assignment.timeout", lambda self, sample: 60.0 if told.count else 1.0)
    told = _Told(crowded)
    [run] = bench.evaluate("busy", clips, run_options=bench.RunOptions(runs=tmp_path / "runs", observer=told))
    assert (run.status, run.n_ok, run.n_failed) == ("complete", 8, 0)
    records = RunFolder(tmp_path / "runs/busy-clips-full").cell("busy", "clips").answers.read(SampleResult)
    late = [record for record in records if record.status == "failed"]
    assert [(record.timed_out, record.alone) for record in late] == [(True, False)] * 2
    assert contended(late) is True and all(record.latency_s is not None and record.latency_s >= 1 for record in late)
    assert [record.alone for record in records if record.status == "ok"] == [True] * 8
    assert (told.count, told.answers) == (8, 8)


class _Told(bench.runner.SilentRunObserver):
    """Frees the core as soon as samples are asked again, as if the other workers were through."""

    def __init__(self, free: Callable[[], None]) -> None:
        self.free, self.count, self.answers = free, 0, 0

    def say(self, text: str) -> None:
        assert text == "busy: the machine was busy when its time limit was hit; 8 samples are retried alone"
        self.free()
        self.count = 8

    def answered(self, model: str, result: SampleResult) -> None:
        self.answers += 1


def _moment(at: float, **changes: object) -> SystemCounters:
    known = {"on": 1, "threads": None, "busy_s": None, "stolen_s": 0.0, "stalled_s": None, "load": None}
    return SystemCounters(at, **(known | changes))  # type: ignore[arg-type]


def test_what_threads_waited_is_added_up_and_a_hypervisor_counts_as_a_neighbour() -> None:
    start = _moment(0.0, threads={1: (5.0, 1.0), 2: (1.0, 0.0)}, busy_s=10.0)
    end = _moment(4.0, threads={1: (6.0, 1.5), 2: (1.5, 0.25), 3: (0.5, 0.25)}, busy_s=14.0, stolen_s=0.125)
    found = contention.call_cost(start, end, 4.0, cpu_s=2.0)
    assert (found.waited_s, found.others_s) == (1.125, 2.0)
    assert contention.call_cost(start, end, 4.0) == found


def test_programs_that_have_ended_waited_at_most_while_something_waited() -> None:
    start, end = _moment(0.0, threads={1: (0.0, 0.0)}, stalled_s=7.0), _moment(4.0, threads={1: (0.25, 0.0)}, stalled_s=8.5)
    assert contention.call_cost(start, end, 4.0, cpu_s=2.0, children_s=1.75).waited_s == 1.5
    assert contention.call_cost(start, end, 3.0, cpu_s=2.0, children_s=1.75).waited_s == 1.0
    assert contention.call_cost(start, end, 4.0, cpu_s=0.25).waited_s == 0.0


def test_without_counts_the_load_average_says_whether_others_were_there() -> None:
    idle, busy, unknown = _moment(2.0, load=0.9), _moment(2.0, load=3.0), _moment(2.0)
    assert contention.call_cost(_moment(0.0), idle, 2.0, cpu_s=0.5).waited_s == 0.0
    found = contention.call_cost(_moment(0.0), busy, 2.0, cpu_s=0.5)
    assert (found.waited_s, found.others_s) == (1.5, 4.0)
    assert contention.call_cost(_moment(0.0), unknown, 2.0, cpu_s=0.5).waited_s is None


STAT = """\
cpu  900 0 0 900 0 0 0 0 0 0
cpu0 {busy} 10 20 700 5 1 2 {stolen} 0 0
cpu1 500 0 0 100 0 0 0 0 0 0
intr 12345
"""


def _system(folder: Path, busy: int, stolen: int, ran: int, waited: int) -> None:
    """A /proc of two cores, with process 7 (threads 7 and 8) and its child 9."""
    for pid, tid, children in ((7, 7, "9 "), (7, 8, ""), (9, 9, "")):
        task = folder / str(pid) / "task" / str(tid)
        task.mkdir(parents=True, exist_ok=True)
        (task / "schedstat").write_text(f"{ran * tid} {waited * tid} 3\n")
        (task / "children").write_text(children)
    (folder / "stat").write_text(STAT.format(busy=busy, stolen=stolen))
    (folder / "pressure").mkdir(exist_ok=True)
    (folder / "pressure" / "cpu").write_text("some avg10=1.00 avg60=1.00 avg300=1.00 total=2500000\nfull avg10=0 total=0\n")


def test_only_its_own_cores_count_and_its_children_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker beside it, on the other core, is no contention."""
    monkeypatch.setattr(contention, "_PROC", tmp_path)
    tick = 1 / os.sysconf("SC_CLK_TCK")
    _system(tmp_path, 100, 0, 10**9, 10**8)
    start = contention.system_counters(7, [0])
    assert start.threads == {7: (7.0, 0.7), 8: (8.0, 0.8), 9: (9.0, 0.9)}
    assert (start.busy_s, start.stolen_s, start.stalled_s, start.on) == (133 * tick, 0.0, 2.5, 1)
    assert contention.system_counters(7, [0, 1]).busy_s == 633 * tick
    _system(tmp_path, 3100, 50, 2 * 10**9, 2 * 10**8)
    found = contention.call_cost(start, contention.system_counters(7, [0]), 30.0, cpu_s=24.0)
    assert found.waited_s == pytest.approx(2.4 + 50 * tick)
    assert found.others_s == pytest.approx(3050 * tick - 24.0)


def test_a_system_that_counts_nothing_is_not_taken_for_an_idle_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contention, "_PROC", tmp_path)
    (tmp_path / "stat").write_text("cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n")
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    found = contention.system_counters(7, [0])
    assert (found.threads, found.busy_s, found.stalled_s, found.load) == (None, None, None, None)
    assert contention.call_cost(found, found, 1.0, cpu_s=0.5).waited_s is None

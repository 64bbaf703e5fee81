"""How long a process waited for a core, and how much of its cores other processes used meanwhile.

Linux counts both: for every thread the time it was ready to run and had no core (``/proc/<pid>/task/*/schedstat``), for every
core the time it was busy, in ticks of 10 ms (``/proc/stat``), including the time a hypervisor gave to other guests (steal).

The waiting time of ended threads and child processes is not counted. Its upper bound is the time in which nothing of the process
ran, at most the time in which something on the machine waited (``/proc/pressure/cpu``), or else what others used of its cores. The
same bound is used where the system does not count waiting, as on macOS; there, others' use is estimated as the excess of the load
average over the number of cores. Where not even that is known, the waiting time is unknown.

This runs in the model's environment too: the standard library alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from model_lab.workers import cores

_PROC = Path("/proc")
_UNSEEN = 0.1
"""Ended threads and children are taken into account if they used more than this share of the CPU time."""
_STALE_S = 0.01
"""A running thread's count may be behind by a tick."""


@dataclass(frozen=True)
class CallCost:
    """The cost of an answer: wall and CPU seconds, seconds of waiting for a core (of all threads together, or its upper bound),
    CPU seconds that others used of its cores (counted in ticks, so off by up to 10 ms per core). None: not known.
    """

    latency_s: float
    cpu_s: float | None = None
    waited_s: float | None = None
    others_s: float | None = None


@dataclass(frozen=True)
class SystemCounters:
    """Counters of the system, all in seconds; None where the system does not count.

    ``threads``: of the process and its children, thread -> (ran, waited); ``busy_s``, ``stolen_s``: of the cores ``on``;
    ``stalled_s``: something on the machine waited for a core.
    """

    at: float
    on: int
    threads: Mapping[int, tuple[float, float]] | None
    busy_s: float | None
    stolen_s: float
    stalled_s: float | None
    load: float | None


def system_counters(pid: int, on: Collection[int] = ()) -> SystemCounters:
    """The present counters of process ``pid`` and of the cores it may use, by default those of this process."""
    on = on or cores.own()
    busy_s, stolen_s = _core_times(on)
    return SystemCounters(
        time.perf_counter(), len(on) or cores.count(), _thread_times(pid), busy_s, stolen_s, _stalled_s(), load()
    )


def call_cost(
    start: SystemCounters, end: SystemCounters, latency_s: float, cpu_s: float | None = None, children_s: float = 0.0
) -> CallCost:
    """The cost between two readings; without ``cpu_s`` the CPU time is what the counters of its threads say.

    ``cpu_s`` includes ``children_s``, the CPU time of child processes that ended meanwhile.
    """
    ran_s, seen_s = _difference(start.threads, end.threads)
    used_s = ran_s if cpu_s is None else cpu_s
    unseen_s = used_s - ran_s
    missed = unseen_s > _UNSEEN * used_s and (children_s > _UNSEEN * used_s or unseen_s > _STALE_S)
    others_s = _others_s(start, end, latency_s, used_s)
    waited_s: float | None = seen_s
    if missed or end.threads is None:
        stalled_s = others_s if start.stalled_s is None or end.stalled_s is None else end.stalled_s - start.stalled_s
        idle_s = max(0.0, latency_s - used_s - seen_s)
        waited_s = None if stalled_s is None else seen_s + min(idle_s, max(0.0, stalled_s))
    if waited_s is not None:
        waited_s += end.stolen_s - start.stolen_s
    return CallCost(latency_s, used_s if cpu_s is not None or end.threads is not None else None, waited_s, others_s)


def load() -> float | None:
    """How many threads of the whole machine were running or ready to run, on average over the last minute."""
    try:
        return os.getloadavg()[0] or None  # exactly 0 although this thread runs: the system does not count it
    except (OSError, AttributeError):
        return None


def _others_s(start: SystemCounters, end: SystemCounters, latency_s: float, used_s: float) -> float | None:
    if start.busy_s is not None and end.busy_s is not None:
        return end.busy_s - start.busy_s - used_s
    return None if end.load is None else latency_s * max(0.0, end.load - end.on)


def _difference(
    start: Mapping[int, tuple[float, float]] | None, end: Mapping[int, tuple[float, float]] | None
) -> tuple[float, float]:
    """(ran, waited) between two readings, of the threads that exist at the end."""
    before = start or {}
    rows = [(now, before.get(thread, (0.0, 0.0))) for thread, now in (end or {}).items()]
    return sum(now[0] - then[0] for now, then in rows), sum(now[1] - then[1] for now, then in rows)


def _thread_times(pid: int) -> dict[int, tuple[float, float]] | None:
    """Thread -> seconds it ran and waited, of ``pid`` and all its descendants; None where this is not counted."""
    seconds_of_thread: dict[int, tuple[float, float]] = {}
    processes = [pid]
    while processes:
        for task in _listed(_PROC / str(processes.pop()) / "task"):
            try:
                ran, waited, _ = (task / "schedstat").read_text("ascii").split()
                seconds_of_thread[int(task.name)] = (int(ran) / 1e9, int(waited) / 1e9)
                processes += [int(child) for child in (task / "children").read_text("ascii").split()]
            except (OSError, ValueError):  # it has just ended, or the system does not count this
                continue
    return seconds_of_thread or None


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _core_times(on: Collection[int]) -> tuple[float | None, float]:
    """Seconds that cores were busy, those stolen by a hypervisor among them, and the stolen ones."""
    try:
        lines = (_PROC / "stat").read_text("ascii").splitlines()
        tick = 1 / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError):
        return None, 0.0
    rows = {line.split()[0]: [int(field) for field in line.split()[1:9]] for line in lines if line.startswith("cpu")}
    mine = [rows.get(f"cpu{core}", []) for core in on]
    if not mine or not all(len(row) == 8 and any(row) for row in mine):
        return None, 0.0
    busy = sum(user + nice + system + irq + softirq + steal for user, nice, system, _, _, irq, softirq, steal in mine)
    return busy * tick, sum(row[7] for row in mine) * tick


def _stalled_s() -> float | None:
    """Seconds in which some thread of the machine waited for a core, since it was started."""
    try:
        some = (_PROC / "pressure" / "cpu").read_text("ascii").split("\n")[0]
        return int(some.rpartition("total=")[2]) / 1e6
    except (OSError, ValueError):
        return None

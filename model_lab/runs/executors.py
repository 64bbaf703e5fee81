"""Running tasks: the `Executor` protocol, and the executor for processes on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import psutil

from model_lab.errors import BadConfig
from model_lab.provision.gpus import Gpu
from model_lab.workers import cores
from model_lab.workers.client import ResourceAllocation

MEMORY_SHARE = 0.85
"""Fraction of the memory free at the start, of the machine and of each GPU, that may be allocated to workers."""


@dataclass(frozen=True)
class Task:
    """Work for one worker: its name, the memory it is expected to need, and the work itself.

    ``refused`` is called instead of ``work`` if the task can never be admitted. ``gpu_gb``: GPU memory it needs on one GPU; None if it
    runs on the CPU.
    """

    name: str
    memory_gb: float
    work: Callable[[ResourceAllocation], None]
    refused: Callable[[str], None]
    gpu_gb: float | None = None


class Executor(Protocol):
    """Runs tasks, each once, in any order; returns when all are done. An exception in a task ends the run."""

    def run(self, tasks: Sequence[Task]) -> None:
        """Run all of ``tasks``."""


class LocalExecutor:
    """Up to ``jobs`` workers at once on this machine, each on its own share of the cores, within the free memory.

    A task for a GPU goes to the one of ``gpus`` with the most memory left.

    Raises `BadConfig` if there are more jobs than cores.
    """

    def __init__(self, jobs: int = 1, memory_gb: float | None = None, gpus: Sequence[Gpu] = ()) -> None:
        own, count = cores.own(), cores.count()
        if not 1 <= jobs <= count:
            raise BadConfig(f"--jobs is {jobs}; expected 1 to {count}, the cores of this machine")
        per_job = count // jobs
        self._shares = [ResourceAllocation(tuple(own[i * per_job : (i + 1) * per_job]) or None) for i in range(jobs)]
        self.memory_gb = memory_gb if memory_gb is not None else MEMORY_SHARE * psutil.virtual_memory().available / 2**30
        self.gpus = {gpu: MEMORY_SHARE * gpu.free_gb for gpu in gpus}

    def run(self, tasks: Sequence[Task]) -> None:
        """Start tasks in the given order, each as soon as a share and its memory are free."""
        waiting, admitted = list(tasks), threading.Condition()
        free_shares, free_memory, errors = list(self._shares), self.memory_gb, list[BaseException]()
        free_gpus = dict(self.gpus)

        def admitted_to(task: Task) -> tuple[bool, Gpu | None]:
            """Whether there is memory for it now, and on which GPU."""
            if task.memory_gb > max(free_memory, 0.0):
                return False, None
            gpu = _roomiest(free_gpus) if task.gpu_gb is not None else None
            return task.gpu_gb is None or (gpu is not None and task.gpu_gb <= free_gpus[gpu]), gpu

        def take() -> tuple[Task, ResourceAllocation, Gpu | None] | None:
            nonlocal free_memory
            with admitted:
                while waiting and not errors:
                    for task in waiting:
                        fits, gpu = admitted_to(task)
                        if fits:
                            waiting.remove(task)
                            free_memory -= task.memory_gb
                            if gpu is not None:
                                free_gpus[gpu] -= task.gpu_gb or 0.0
                            return task, free_shares.pop(), gpu
                    admitted.wait()
                return None

        def serve() -> None:
            nonlocal free_memory
            while taken := take():
                task, allocation, gpu = taken
                try:
                    task.work(allocation if gpu is None else replace(allocation, gpu=gpu))
                except BaseException as error:
                    errors.append(error)
                finally:
                    with admitted:
                        free_memory += task.memory_gb
                        if gpu is not None:
                            free_gpus[gpu] += task.gpu_gb or 0.0
                        free_shares.append(allocation)
                        admitted.notify_all()

        for task in tasks:
            if reason := self._never(task):
                waiting.remove(task)
                task.refused(reason)
        servers = [threading.Thread(target=serve, daemon=True) for _ in self._shares]
        for server in servers:
            server.start()
        for server in servers:
            while server.is_alive():
                server.join(0.2)
        if errors:
            raise errors[0]

    def _never(self, task: Task) -> str:
        """Why the task can never be admitted; empty if it can."""
        if task.memory_gb > self.memory_gb:
            return f"it needs {task.memory_gb:.1f} GB of memory and {self.memory_gb:.1f} GB may be used here; free some memory or use a larger machine"
        if task.gpu_gb is None:
            return ""
        if not self.gpus:
            return "there is no NVIDIA GPU here; use --device cpu"
        if task.gpu_gb > (most := max(self.gpus.values())):
            names = ", ".join(f"cuda:{gpu.number}" for gpu in self.gpus)
            return f"it needs {task.gpu_gb:.1f} GB on a GPU and at most {most:.1f} GB may be used of {names}; free some or use a larger GPU"
        return ""


def _roomiest(free: Mapping[Gpu, float]) -> Gpu | None:
    return max(free, key=lambda gpu: free[gpu], default=None)

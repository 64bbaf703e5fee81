"""Where work is done: the `Executor` protocol, and the one for this machine's processes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import psutil

from model_lab.errors import BadConfig
from model_lab.harness import cores
from model_lab.harness.client import Share

MEMORY_SHARE = 0.85
"""How much of the memory that is free at the start may be promised to workers."""


@dataclass(frozen=True)
class Task:
    """Work for one worker: what it is called, the memory it is expected to need, and the work itself.

    ``refused`` is called instead of ``work`` where the task can never be admitted.
    """

    name: str
    memory_gb: float
    work: Callable[[Share], None]
    refused: Callable[[str], None]


class Executor(Protocol):
    """Runs tasks, each once, in any order; returns when all are done. An exception of a task ends the whole."""

    def run(self, tasks: Sequence[Task]) -> None:
        """Run all of ``tasks``."""


class LocalExecutor:
    """Up to ``jobs`` workers at once on this machine, each on its own share of the cores, within the free memory.

    Raises `BadConfig` if there are more jobs than cores.
    """

    def __init__(self, jobs: int = 1, memory_gb: float | None = None) -> None:
        own, count = cores.own(), cores.count()
        if not 1 <= jobs <= count:
            raise BadConfig(f"--jobs is {jobs}; expected 1 to {count}, the cores of this machine")
        per_job = count // jobs
        self._shares = [Share(tuple(own[i * per_job : (i + 1) * per_job]) or None) for i in range(jobs)]
        self.memory_gb = memory_gb if memory_gb is not None else MEMORY_SHARE * psutil.virtual_memory().available / 2**30

    def run(self, tasks: Sequence[Task]) -> None:
        """Start tasks in the given order, each as soon as a share and its memory are free."""
        waiting, admitted = list(tasks), threading.Condition()
        free_shares, free_memory, errors = list(self._shares), self.memory_gb, list[BaseException]()

        def take() -> tuple[Task, Share] | None:
            nonlocal free_memory
            with admitted:
                while waiting and not errors:
                    task = next((task for task in waiting if task.memory_gb <= max(free_memory, 0.0)), None)
                    if task is not None:
                        waiting.remove(task)
                        free_memory -= task.memory_gb
                        return task, free_shares.pop()
                    admitted.wait()
                return None

        def serve() -> None:
            nonlocal free_memory
            while taken := take():
                task, share = taken
                try:
                    task.work(share)
                except BaseException as error:
                    errors.append(error)
                finally:
                    with admitted:
                        free_memory += task.memory_gb
                        free_shares.append(share)
                        admitted.notify_all()

        for task in [task for task in waiting if task.memory_gb > self.memory_gb]:
            waiting.remove(task)
            task.refused(
                f"it needs {task.memory_gb:.1f} GB of memory and {self.memory_gb:.1f} GB may be used here; free some memory or use a larger machine"
            )
        servers = [threading.Thread(target=serve, daemon=True) for _ in self._shares]
        for server in servers:
            server.start()
        for server in servers:
            while server.is_alive():
                server.join(0.2)
        if errors:
            raise errors[0]

"""An executor: one model after the other, each with all cores, in the order in which they were planned."""

from __future__ import annotations

from collections.abc import Sequence

from model_lab.errors import BadConfig
from model_lab.provision.gpus import Gpu
from model_lab.runs.executors import Task
from model_lab.workers.client import ResourceAllocation


class SerialExecutor:
    """Runs one task at a time, whatever memory it needs.

    Raises:
        BadConfig: More than one job is wanted.
    """

    def __init__(self, jobs: int, gpus: Sequence[Gpu]) -> None:
        if jobs != 1:
            raise BadConfig(f"--jobs is {jobs}; the executor serial takes 1")
        self._gpu = gpus[0] if gpus else None

    def run(self, tasks: Sequence[Task]) -> None:
        """Run ``tasks`` in turn."""
        for task in tasks:
            if task.gpu_gb is not None and self._gpu is None:
                task.refused("there is no NVIDIA GPU here; use --device cpu")
            else:
                task.work(ResourceAllocation(gpu=self._gpu if task.gpu_gb is not None else None))

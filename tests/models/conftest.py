"""What tests of models share: cores of their own, and workers that end with the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from model_lab.workers import cores
from tests.models import workers

PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


@pytest.fixture(autouse=True)
def cores_of_this_process() -> Iterator[None]:
    """Of parallel test processes each starts models on cores of its own, as the jobs of a sprint do.

    Models whose threads wait for each other on the same cores take twice the CPU.
    """
    every = cores.own()
    mine = every[PROCESS::PROCESSES]
    if mine:
        os.sched_setaffinity(0, mine)
    yield
    if mine:
        os.sched_setaffinity(0, every)


@pytest.fixture(scope="session", autouse=True)
def _end_of_workers() -> Iterator[None]:
    yield
    workers.close()

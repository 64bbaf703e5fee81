"""The cores that are ours."""

from __future__ import annotations

import os

import pytest

from model_lab.workers import cores
from model_lab.workers.client import ResourceAllocation


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not say which cores are ours")
def test_only_those_that_may_be_used_count() -> None:
    every = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(every)})
        assert cores.own() == [min(every)]
        assert cores.count() == ResourceAllocation().threads == 1
    finally:
        os.sched_setaffinity(0, every)
    assert cores.count() == len(every)

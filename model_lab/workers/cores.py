"""The cores that this process may use: in a container, or with an affinity set, fewer than the machine has."""

from __future__ import annotations

import os


def own() -> list[int]:
    """The numbers of the cores; empty where the system does not report them."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def count() -> int:
    """The number of cores."""
    return len(own()) or os.cpu_count() or 1

"""The cores that this process may use: fewer than the machine has in a container, or beside another process with its own."""

from __future__ import annotations

import os


def own() -> list[int]:
    """Their numbers; empty where the system does not report them."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def count() -> int:
    """How many there are."""
    return len(own()) or os.cpu_count() or 1

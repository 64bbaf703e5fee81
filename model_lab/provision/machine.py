"""Facts about this machine, and how many models can run on it."""

from __future__ import annotations

import platform
import shutil
from typing import Any

import psutil

from model_lab import cache
from model_lab.provision import preflight, torch_builds
from model_lab.provision.weights import existing
from model_lab.registry import model_cards


def machine() -> dict[str, Any]:
    """Python, system, cores, memory and disk (GiB), and the number of models that can run; the keys are labels for people."""
    memory, cards = psutil.virtual_memory(), model_cards.cards()
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": psutil.cpu_count(),
        "memory_gb": {"total": round(memory.total / 2**30, 1), "free": round(memory.available / 2**30, 1)},
        "gpu": shutil.which("nvidia-smi") is not None,
        "torch build": torch_builds.wanted() or "the only one",
        "cache": str(cache.root()),
        "disk_free_gb": round(shutil.disk_usage(existing(cache.root())).free / 2**30, 1),
        "models that can run here": f"{sum(preflight.verdict(card).runnable for card in cards)} of {len(cards)}",
    }

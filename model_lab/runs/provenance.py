"""What is needed to repeat a run: machine, packages, code, arguments."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import psutil

from model_lab.contract import ModelCard
from model_lab.provision import environments
from model_lab.results.schema import SCHEMA_VERSION
from model_lab.version import __version__


def manifest(run: str, command: tuple[str, ...], arguments: dict[str, Any], cards: Iterable[ModelCard]) -> dict[str, Any]:
    """The content of a run's ``manifest.json``: command, arguments, code, packages and machine."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run": run,
        "started": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "command": list(command),
        "arguments": arguments,
        "model_lab": __version__,
        "git": _git(),
        "machine": machine(),
        "packages": sorted({f"{distribution.name}=={distribution.version}" for distribution in distributions()}, key=str.lower),
        "environments": _environments(cards),
    }


def machine() -> dict[str, Any]:
    """System, Python, cpu, cores, memory and gpus of this machine."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "gpu": _gpus(),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _gpus() -> list[str]:
    return _output(["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]).splitlines()


def _git() -> dict[str, Any] | None:
    """Revision of the running code, and whether there are uncommitted changes; None outside a checkout."""
    folder = str(Path(__file__).parent)
    revision = _output(["git", "-C", folder, "rev-parse", "HEAD"])
    tracked = _output(["git", "-C", folder, "ls-files", "--", Path(__file__).name])
    if not revision or not tracked:
        return None
    return {
        "revision": revision,
        "dirty": bool(_output(["git", "-C", folder, "status", "--porcelain", "--untracked-files=normal"])),
    }


def _environments(cards: Iterable[ModelCard]) -> dict[str, Any]:
    chosen = {environment.key: environment for card in cards if (environment := environments.environment_of(card)) is not None}
    return {key: built for key, environment in chosen.items() if (built := environment.built) is not None}


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""

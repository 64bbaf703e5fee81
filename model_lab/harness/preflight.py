"""Can this model run here? Yes, or no because of what, and what to do about it. Loads nothing, imports no loader."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

from model_lab import downloads
from model_lab.contract import ModelCard
from model_lab.harness import environments, weights


@dataclass(frozen=True)
class Verdict:
    """Whether ``model`` can run, and else every reason, each with its next command."""

    model: str
    reasons: tuple[str, ...]

    @property
    def runnable(self) -> bool:
        """No reason against it."""
        return not self.reasons

    def __str__(self) -> str:
        return "runnable" if self.runnable else "; ".join(self.reasons)


def verdict(card: ModelCard, device: str = "cpu") -> Verdict:
    """The verdict for one card."""
    found = (environments.why_not(card), _weights(card), _programs(card), _device(card, device), _memory(card, device))
    return Verdict(card.name, tuple(reason for reason in found if reason))


def _weights(card: ModelCard) -> str:
    absent = weights.missing(card)
    return f"weight files {', '.join(absent)} are not in the cache; run: model-lab fetch {card.name}" if absent else ""


def _programs(card: ModelCard) -> str:
    absent = downloads.missing_programs(card.install.system)
    return f"system packages are missing; as root run: apt-get install {' '.join(absent)}" if absent else ""


def _device(card: ModelCard, device: str) -> str:
    if device not in card.devices:
        return f"it runs on {', '.join(card.devices)}, not on {device}; choose with --device"
    if device == "cuda" and not Path("/dev/nvidiactl").exists():
        return "there is no NVIDIA GPU here; use --device cpu"
    return ""


def _memory(card: ModelCard, device: str) -> str:
    total = psutil.virtual_memory().total / 2**30
    if device == "cpu" and card.memory_gb > 0.85 * total:
        return f"it needs {card.memory_gb:.1f} GB of memory and this machine has {total:.1f} GB; use a larger machine"
    return ""

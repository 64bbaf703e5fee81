"""What models were seen to need, kept over runs: the measured peak decides admission once there is one."""

from __future__ import annotations

import json
from pathlib import Path

from model_lab import cache
from model_lab.contract import ModelCard
from model_lab.files import write_json
from model_lab.results.schema import Session


def memory_gb(card: ModelCard) -> float:
    """The peak measured on this machine, or what the card says if there is none."""
    try:
        return float(json.loads(_path(card).read_text("utf-8"))["peak_memory_mb"]) / 1024
    except (OSError, ValueError, KeyError):
        return card.memory_gb


def record(card: ModelCard, session: Session) -> None:
    """Remember the largest peak."""
    if session.peak_memory_mb > memory_gb(card) * 1024 or (session.answered and not _path(card).exists()):
        write_json(_path(card), {"peak_memory_mb": session.peak_memory_mb})


def _path(card: ModelCard) -> Path:
    return cache.folder("measured", f"{card.name}.json")

"""What models were seen to need, kept over runs: the measured peak decides admission once there is one."""

from __future__ import annotations

import json
from pathlib import Path

from model_lab import cache, hub_cache
from model_lab.contract import ModelCard
from model_lab.files import write_json
from model_lab.results.schema import Session

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


def memory_gb(card: ModelCard) -> float:
    """The peak measured on this machine, or what the card says if there is none."""
    try:
        return float(json.loads(_path(card).read_text("utf-8"))["peak_memory_mb"]) / 1024
    except (OSError, ValueError, KeyError):
        return expected_gb(card)


def expected_gb(card: ModelCard, device: str = "cpu") -> float:
    """What it should need on ``device``: what the card says of cpu, else its weights x 1.2 + 0.6.

    The weights are counted in the cache where they are there, else they are the card's. The rule is accelerate's for inference
    (the largest activations are a fifth of the weights), with the libraries' own memory.
    """
    if card.memory_gb is not None and device == "cpu":
        return card.memory_gb
    folders = (hub_cache.snapshot(repository.id, repository.revision) for repository in card.repositories.values())
    counted = sum(filter(None, (hub_cache.parameters(folder) for folder in folders if folder is not None)))
    return (counted or card.parameters or 0) * BYTES[card.dtype(device)] / 1e9 * 1.2 + 0.6


def record(card: ModelCard, session: Session) -> None:
    """Remember the largest peak."""
    if session.peak_memory_mb > memory_gb(card) * 1024 or (session.answered and not _path(card).exists()):
        write_json(_path(card), {"peak_memory_mb": session.peak_memory_mb})


def _path(card: ModelCard) -> Path:
    return cache.folder("measured", f"{card.name}.json")

"""Measured memory of models, kept across runs: once there is a measured peak, it decides admission."""

from __future__ import annotations

import json
from pathlib import Path

from model_lab import cache, hub_cache
from model_lab.contract import ModelCard
from model_lab.files import write_json
from model_lab.results.schema import WorkerSession

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


def memory_gb(card: ModelCard, device: str = "cpu") -> float:
    """The model's peak memory on ``device`` as measured here, or the expected memory if it was never measured."""
    return _measured(card, device, "peak_memory_mb") or expected_gb(card, device)


def gpu_gb(card: ModelCard) -> float:
    """The same for GPU memory."""
    return _measured(card, "cuda", "peak_gpu_memory_mb") or expected_gb(card, "cuda")


def expected_gb(card: ModelCard, device: str = "cpu") -> float:
    """Expected memory on ``device``: the card's value for cpu, otherwise its weights x 1.2 + 0.6.

    The number of parameters is read from the cached weights if present, otherwise from the card.
    """
    if card.memory_gb is not None and device == "cpu":
        return card.memory_gb
    folders = (hub_cache.snapshot(repository.id, repository.revision) for repository in card.repositories.values())
    counted = sum(filter(None, (hub_cache.parameters(folder) for folder in folders if folder is not None)))
    return _of_parameters(counted or card.parameters or 0, card, device)


def stated_gb(card: ModelCard) -> float:
    """The expected memory on the first of the card's devices by the card alone, whatever is in the cache."""
    device = card.devices[0]
    return (
        card.memory_gb if card.memory_gb is not None and device == "cpu" else _of_parameters(card.parameters or 0, card, device)
    )


def _of_parameters(parameters: int, card: ModelCard, device: str) -> float:
    """Accelerate's rule for inference (the largest activations are a fifth of the weights), with the libraries' own memory."""
    return parameters * BYTES[card.dtype(device)] / 1e9 * 1.2 + 0.6


def record(card: ModelCard, session: WorkerSession) -> None:
    """Store the largest peaks; those of a worker without answers only if they exceed the known ones."""
    if not session.answered and session.peak_memory_mb <= 1024 * memory_gb(card, session.device):
        return
    peaks = {"peak_memory_mb": session.peak_memory_mb}
    if session.device == "cuda":
        peaks["peak_gpu_memory_mb"] = session.peak_gpu_memory_mb or 0.0
    before = _read(card, session.device)
    larger = {key: max(peak, before.get(key, 0.0)) for key, peak in peaks.items()}
    if larger != before:
        write_json(_path(card, session.device), larger)


def _measured(card: ModelCard, device: str, key: str) -> float:
    """In GB; 0 if it was not measured."""
    return _read(card, device).get(key, 0.0) / 1024


def _read(card: ModelCard, device: str) -> dict[str, float]:
    try:
        return {key: float(value) for key, value in json.loads(_path(card, device).read_text("utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _path(card: ModelCard, device: str) -> Path:
    return cache.folder("measured", f"{card.name}.json" if device == "cpu" else f"{card.name}.{device}.json")

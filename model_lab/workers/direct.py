"""Inference on single inputs, without a dataset."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from model_lab.contract import ModelCard
from model_lab.errors import NotRunnable
from model_lab.provision import preflight
from model_lab.workers.client import ResourceAllocation, Worker

TIMEOUT_S = 120.0
"""Seconds a model has for one answer, plus ten times the duration of its audio, unless a sprint sets another limit."""
EXAMPLE_TIMEOUT_S = 180.0
"""Seconds a model has for the synthetic example of a capability."""


def timeout(seconds: float, fixed_s: float = TIMEOUT_S) -> float:
    """Seconds that a model may take for one answer: a fixed time plus ten times the duration of the audio.

    >>> timeout(30.0)
    420.0
    """
    return fixed_s + 10.0 * seconds


def require_runnable(card: ModelCard, device: str = "cpu", trusted: Collection[str] = ()) -> None:
    """Raises `NotRunnable`, with the next command, for a model that cannot run here. ``trusted``: models whose downloads may run code."""
    verdict = preflight.verdict(card, preflight.PreflightOptions(device, trusted=trusted))
    if not verdict.runnable:
        raise NotRunnable(f"{card.name} cannot run: {verdict}")


def worker(
    card: ModelCard,
    device: str = "cpu",
    trusted: Collection[str] = (),
    allocation: ResourceAllocation = ResourceAllocation(),
    log: Path | None = None,
) -> Worker:
    """A worker of a model that can run here, not started yet; its options are those of ``card``.

    Raises what `require_runnable` does.
    """
    require_runnable(card, device, trusted)
    return Worker(card, device, card.options, allocation=allocation, log=log)

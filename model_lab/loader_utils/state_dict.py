"""PyTorch weight files, read without executing code that they may contain, and loaded completely into a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from model_lab.contract import ModelCard
from model_lab.errors import NotRunnable
from model_lab.loader_utils import load_errors


def read(card: ModelCard, file: Path) -> Any:
    """Read the tensors and plain Python values written by ``torch.save``. Raises `NotRunnable` for anything else."""
    import torch

    with load_errors.translate(card, file, RuntimeError, OSError, EOFError, UnpicklingError):
        return torch.load(file, map_location="cpu", weights_only=True)


def fill(card: ModelCard, network: Any, weights: Mapping[str, Any], file: Path) -> None:
    """Load ``weights`` from ``file`` into ``network``. Raises `NotRunnable` if any is missing or has another shape."""
    try:
        missing = network.load_state_dict(weights, strict=False).missing_keys
    except RuntimeError as error:
        raise NotRunnable(
            f"{card.name}: {file} contains the weights of another network ({' '.join(str(error).split())[:200]})"
        ) from error
    if missing:
        raise NotRunnable(
            f"{card.name}: {len(missing)} weights are not in {file} ({', '.join(missing[:3])}); expected all: the file belongs to another model"
        )

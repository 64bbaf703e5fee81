"""Weights in files of torch, read without running the code that such files can hold, and put into a network whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from model_lab.contract import ModelCard
from model_lab.errors import NotRunnable
from model_lab.loader_utils import load_errors


def read(card: ModelCard, file: Path) -> Any:
    """What ``torch.save`` wrote into ``file``: tensors and plain Python values. Raises `NotRunnable` for anything else."""
    import torch

    with load_errors.told(card, file, RuntimeError, OSError, EOFError, UnpicklingError):
        return torch.load(file, map_location="cpu", weights_only=True)


def fill(card: ModelCard, network: Any, weights: Mapping[str, Any], file: Path) -> None:
    """Put ``weights`` out of ``file`` into ``network``. Raises `NotRunnable` if any is missing or has another shape."""
    try:
        missing = network.load_state_dict(weights, strict=False).missing_keys
    except RuntimeError as error:
        raise NotRunnable(
            f"{card.name}: {file} holds the weights of another network ({' '.join(str(error).split())[:200]})"
        ) from error
    if missing:
        raise NotRunnable(
            f"{card.name}: {len(missing)} weights are not in {file} ({', '.join(missing[:3])}); expected all: it holds another model"
        )

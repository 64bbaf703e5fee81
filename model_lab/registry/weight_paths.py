"""Where this machine keeps the weights of a model: looked up by the host and added to its card, which is plain data."""

from __future__ import annotations

import os
from pathlib import Path

from model_lab import cache, hub_cache
from model_lab.contract import ModelCard, WeightPaths


def folder(card: ModelCard) -> Path:
    """The folder of the cache that holds the weight files of ``card``, if they were fetched."""
    return cache.folder("weights", card.weights.package.replace("==", "=").replace("=", "-") or card.base)


def locate(card: ModelCard) -> WeightPaths:
    """Look up the weights of ``card`` with its present options; missing files are listed and raise nothing."""
    files = {name: folder(card) / name for name in card.weights.files}
    repositories: dict[str, Path] = {}
    absent: dict[str, tuple[str, ...]] = {}
    for role, repository in card.repositories.items():
        snapshot = hub_cache.snapshot(repository.id, repository.revision)
        lacking = repository.files if snapshot is None else tuple(hub_cache.absent(snapshot, repository.files))
        if lacking:
            absent[role] = lacking
        elif snapshot is not None:
            repositories[role] = snapshot
    return WeightPaths(
        files={name: path for name, path in files.items() if os.path.isfile(path)},
        repositories=repositories,
        absent=absent,
        random=is_random(card),
    )


def located(card: ModelCard) -> ModelCard:
    """The card with the paths of its weights on this machine, as loaders get it."""
    return card.with_weights(locate(card))


def is_random(card: ModelCard) -> bool:
    """Whether the weights here are a random checkpoint made for tests: the model can run but is never scored."""
    snapshots = (hub_cache.snapshot(repository.id, repository.revision) for repository in card.repositories.values())
    return any(snapshot is not None and hub_cache.is_random(snapshot) for snapshot in snapshots)

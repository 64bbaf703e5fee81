"""Datasets: one card each, ``cards/<name>.yaml`` here and in ``datasets/`` of every extension folder."""

from __future__ import annotations

from pathlib import Path

from model_lab import capabilities
from model_lab.datasets.card import DatasetCard
from model_lab.errors import BadConfig, UnknownName, nearest
from model_lab.extensions import places
from model_lab.schemas import parse, read_yaml

__all__ = ["DatasetCard", "card", "cards", "names"]


def names() -> tuple[str, ...]:
    """The names of all datasets, sorted; reads file names only."""
    return tuple(sorted(_files()))


def card(name: str) -> DatasetCard:
    """The card of the dataset called ``name``; raises `UnknownName` with the nearest one, `BadConfig` for a faulty card."""
    files = _files()
    if name not in files:
        raise UnknownName(f"there is no dataset {name!r}{nearest(name, files)}; see: model-lab list datasets")
    path = files[name]
    found = parse(DatasetCard, read_yaml(path) | {"name": name, "folder": path.parent}, path)
    known = capabilities.names()
    if found.capability not in known:
        near = nearest(found.capability, known)
        raise BadConfig(f"{path}: there is no capability {found.capability!r}{near}; see: model-lab list capabilities")
    return found


def cards() -> tuple[DatasetCard, ...]:
    """All cards, by name."""
    return tuple(card(name) for name in names())


def _files() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in (path for folder in places("datasets") for path in sorted(folder.glob("*.yaml"))):
        if path.stem in found:
            raise BadConfig(f"dataset {path.stem!r} is in both {found[path.stem]} and {path}; rename one of them")
        found[path.stem] = path
    return found

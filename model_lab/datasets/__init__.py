"""Datasets: one card each, ``cards/<name>.yaml`` here and in ``datasets/`` of every extension folder."""

from __future__ import annotations

from pathlib import Path

from model_lab import capabilities
from model_lab.datasets.card import DatasetCard
from model_lab.datasets.sources import require
from model_lab.errors import BadConfig, ModelLabError, UnknownName, nearest
from model_lab.extensions import Problem, scan, translate_errors
from model_lab.schemas import parse, read_yaml

__all__ = ["DatasetCard", "card", "cards", "names", "problems", "usable"]


def names() -> tuple[str, ...]:
    """The names of all datasets, sorted, those that cannot be used included; reads file names only."""
    return tuple(_scan()[0])


def card(name: str) -> DatasetCard:
    """The card of the dataset called ``name``; raises `UnknownName` with the nearest one, `BadConfig` for a faulty card."""
    files = _scan()[0]
    if name not in files:
        raise UnknownName(f"there is no dataset {name!r}{nearest(name, files)}; see: model-lab list datasets")
    with translate_errors(files[name]):
        return _card(name, files[name])


def usable(name: str) -> DatasetCard | None:
    """The card of the dataset called ``name``; None if there is none that can be used."""
    try:
        return card(name)
    except ModelLabError:
        return None


def cards() -> tuple[DatasetCard, ...]:
    """All cards that can be used, by name."""
    return tuple(found for name in names() if (found := usable(name)))


def problems() -> list[Problem]:
    """Why the others cannot be used."""
    files, wrong = _scan()
    for name, path in files.items():
        try:
            source = card(name).source
        except ModelLabError as error:
            wrong.append(Problem("dataset", name, str(error)))
        else:
            if source.kind == "manifest" and not (path.parent / source.path).is_file():
                reason = f"{path}: there is no manifest {path.parent / source.path}; write it, or correct source.path"
                wrong.append(Problem("dataset", name, reason))
    return wrong


def _scan() -> tuple[dict[str, Path], list[Problem]]:
    return scan("datasets", lambda path: path.stem if path.suffix == ".yaml" and path.name[0] != "." else "")


def _card(name: str, path: Path) -> DatasetCard:
    found = parse(DatasetCard, read_yaml(path) | {"name": name, "folder": path.parent}, path)
    try:
        capabilities.capability(found.capability)
        if found.source.recipe:
            require(found.source.recipe)
    except ModelLabError as error:
        raise BadConfig(f"{path}: {error}") from None
    return found

"""Datasets: one card each, ``cards/<name>.yaml`` here, in ``datasets/`` of every extension folder and in packages of entry points."""

from __future__ import annotations

from model_lab import capabilities, extensions
from model_lab.capabilities import Capability
from model_lab.datasets import sources
from model_lab.datasets.card import DatasetCard, DataSource, HubSource
from model_lab.datasets.hub import conversions
from model_lab.datasets.mir import dynamic
from model_lab.errors import BadConfig, ModelLabError, nearest
from model_lab.extensions import Catalogue, Item, Problem
from model_lab.schemas import parse, read_yaml

__all__ = ["DatasetCard", "card", "cards", "known", "names", "problems", "ranking", "usable"]


def names() -> tuple[str, ...]:
    """The names of all datasets, sorted, those that cannot be used included; reads file names only."""
    return _DATASETS.names()


def known(name: str) -> bool:
    """Whether ``name`` is that of a dataset with a card, or is written as one of mirdata or soundata (``mirdata:ballroom``)."""
    return dynamic.is_name(name) or name in names()


def card(name: str) -> DatasetCard:
    """The card of the dataset called ``name``; raises `UnknownName` with the nearest one, `BadConfig` for a faulty card."""
    return dynamic.card(name) if dynamic.is_name(name) else _DATASETS.get(name)


def usable(name: str) -> DatasetCard | None:
    """The card of the dataset called ``name``; None if there is none that can be used."""
    return dynamic.usable(name) if dynamic.is_name(name) else _DATASETS.usable(name)


def ranking(capability: Capability, dataset: str) -> Capability:
    """The capability with the metric first that ranks models on the dataset of that name, which needs no card that can be used."""
    known_card = usable(dataset)
    return capability.ranked_by(known_card.primary) if known_card and known_card.capability == capability.name else capability


def cards() -> tuple[DatasetCard, ...]:
    """All cards that can be used, by name."""
    return _DATASETS.all()


def problems() -> list[Problem]:
    """Why the others cannot be used, and which recipes of plug-ins cannot."""
    wrong = _DATASETS.problems()
    for card in cards():
        if card.source.kind == "manifest" and not (manifest := card.folder / card.source.path).is_file():
            reason = f"{card.folder / card.name}.yaml: there is no manifest {manifest}; write it, or correct source.path"
            wrong.append(Problem("dataset", card.name, reason))
    return wrong + sources.problems()


def _read(item: Item) -> DatasetCard:
    path = item.path
    card = parse(DatasetCard, read_yaml(path) | {"name": item.name, "folder": path.parent}, path)
    try:
        metrics = [metric.name for metric in capabilities.capability(card.capability).metrics]
        if card.primary and card.primary not in metrics:
            raise BadConfig(f"primary: {card.capability} has no metric {card.primary!r}{nearest(card.primary, metrics)}")
        if isinstance(card.source, DataSource) and card.source.recipe:
            sources.require(card.source.recipe)
        if isinstance(card.source, HubSource):
            conversions.require(column.convert for column in card.source.columns.values())
    except ModelLabError as error:
        raise BadConfig(f"{path}: {error}") from None
    return card


_DATASETS = Catalogue(extensions.DATASET, _read)

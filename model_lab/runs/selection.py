"""What a name on the command line refers to: a model, a dataset, or everything in a sprint; and fetching it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from model_lab import datasets
from model_lab.contract import ModelCard
from model_lab.datasets import build
from model_lab.datasets.card import DatasetCard, Tier
from model_lab.downloads import Progress
from model_lab.errors import ModelLabError, UnknownName, nearest
from model_lab.provision import weights
from model_lab.registry import model_cards
from model_lab.runs import public_data
from model_lab.runs import sprint as sprints


def fetch(
    names: Iterable[str],
    progress: Progress,
    offline: bool = False,
    options: Mapping[str, Any] | None = None,
    tier: Tier = "smoke",
    say: Callable[[str], None] = lambda sentence: None,
) -> dict[str, str]:
    """Download the weights of models, the data of datasets, and both of sprints; returns what is unavailable, with the reason.

    ``options`` apply to the named models: some select other weights. Public datasets are fetched as far as ``tier`` needs them, and
    what was fetched is reported to ``say``. Weights from the hub are downloaded only for models that are
    named, not for all models of a sprint.
    """
    failed: dict[str, str] = {}
    resolved = {name: _resolved(name) for name in names}
    to_fetch = public_data.Fetch.of(_datasets(resolved), tier, offline)
    to_fetch.announce(say)
    for name, items in resolved.items():
        for kind, item in items:
            try:
                if kind == "model":
                    card = model_cards.with_options(model_cards.card(item), dict(options or {}))
                    if item == model_cards.canonical(name) or card.weights.kind != "hub":
                        weights.fetch(card, progress, offline)
                else:
                    data = datasets.card(item)
                    build.materialise(data, progress, offline, tier)
                    for sentence in build.notes(data, tier):
                        say(sentence)
            except ModelLabError as error:
                failed[item] = str(error)
    to_fetch.summarize(say)
    return failed


def cards_of(names: Iterable[str]) -> list[ModelCard]:
    """The cards of the named models and of the models in the named sprints; of all models if nothing is named."""
    resolved = {name: _resolved(name) for name in names}
    if not resolved:
        return list(model_cards.cards())
    models = [item for items in resolved.values() for kind, item in items if kind == "model"]
    return [model_cards.card(name) for name in dict.fromkeys(models)]


def datasets_of(names: Iterable[str]) -> list[DatasetCard]:
    """The cards of the named datasets, and of the public ones in the named sprints, with those that cannot be had."""
    named: dict[str, DatasetCard] = {}
    for name in names:
        if datasets.known(name):
            named[name] = datasets.card(name)
        elif not model_cards.known(name):
            cards = (datasets.usable(item) for items in _sprint(name).datasets.values() for item in items)
            named |= {card.name: card for card in cards if card and card.source.public}
    return list(named.values())


def _datasets(resolved: Mapping[str, Iterable[tuple[str, str]]]) -> list[str]:
    return list(dict.fromkeys(item for items in resolved.values() for kind, item in items if kind == "dataset"))


def _resolved(name: str) -> list[tuple[str, str]]:
    """The models and datasets that ``name`` refers to: itself, or those of the sprint with that name."""
    if model_cards.known(name):
        return [("model", model_cards.canonical(name))]
    if datasets.known(name):
        return [("dataset", name)]
    plan = sprints.plan(_sprint(name))
    models = dict.fromkeys(spec.model for spec in plan)
    return [("model", model) for model in models] + [
        ("dataset", dataset) for dataset in dict.fromkeys(spec.dataset for spec in plan)
    ]


def _sprint(name: str) -> sprints.SprintConfig:
    """The sprint of that name or path; raises `UnknownName` if the name is nothing at all."""
    if not Path(name).suffix and not Path(name).is_file() and name not in sprints.packaged():
        known = (*model_cards.names(), *datasets.names(), *sprints.packaged())
        raise UnknownName(f"there is no model, dataset or sprint {name!r}{nearest(name, known)}; see: model-lab list models")
    return sprints.config(name)

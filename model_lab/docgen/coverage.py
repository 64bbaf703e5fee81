"""The coverage table: for every capability the models that run without a model hub, those that need one, and the datasets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from model_lab.analysis.licences import marks
from model_lab.capabilities import Capability
from model_lab.contract import ModelCard
from model_lab.datasets.card import DatasetCard
from model_lab.formats.markdown import table


def coverage(models: Sequence[ModelCard], capabilities: Sequence[Capability], datasets: Sequence[DatasetCard]) -> str:
    """A table with one row per capability, after a sentence of counts. Models that answer every capability are left out."""
    all_names = {capability.name for capability in capabilities}
    specific = [card for card in models if set(card.capabilities) != all_names]
    offline = [card for card in specific if not needs_hub(card)]
    covered = {name for card in offline for name in card.capabilities}
    counts = (
        f"{len(offline)} models run on a machine without a model hub ({_count(offline, 'baseline')} of them baselines, "
        f"{_count(offline, 'judge')} quality predictors), in {len(covered)} of {len(all_names)} capabilities; "
        f"{len(specific) - len(offline)} need the hub. ᶜ copyleft, ⁿ not for commercial use, ᵘ licence unclear; "
        "of those that need the hub: ᵛ unverified, ˣ unsupported by this bench (see [models](models.md) for the reason); the loaders of all "
        "others are verified on random weights of the real architecture."
    )
    rows = [
        [
            capability.title,
            capability.name,
            capability.primary.title,
            _names(card for card in offline if capability.name in card.capabilities),
            _names(card for card in specific if needs_hub(card) and capability.name in card.capabilities),
            _data(card for card in datasets if card.capability == capability.name and not card.source.public),
            _data(card for card in datasets if card.capability == capability.name and _published(card)),
        ]
        for capability in capabilities
    ]
    return f"{counts}\n\n" + table(
        ["title", "capability", "ranked by", "runs here", "needs the hub", "datasets", "public benchmarks"], rows
    )


def _published(card: DatasetCard) -> bool:
    """A public dataset that can be had."""
    return card.source.public and not card.unsupported_reason


def needs_hub(card: ModelCard) -> bool:
    """Whether the weights come from a model hub."""
    return card.weights.kind == "hub" or card.source.kind == "hub" or bool(card.unsupported_reason)


_SIGNS = {"copyleft": "ᶜ", "non-commercial": "ⁿ", "licence unclear": "ᵘ"}


def _names(cards: Iterable[ModelCard]) -> str:
    return ", ".join(card.name + _signs(card) for card in cards) or "—"


def _signs(card: ModelCard) -> str:
    proof = "ˣ" if card.unsupported_reason else "ᵛ" if card.verified == "nothing" else ""
    return "".join(_SIGNS.get(mark, "") for mark in marks(card)) + proof


def _data(cards: Iterable[DatasetCard]) -> str:
    return ", ".join(f"{card.name} ({card.truth})" for card in cards if card.source.kind != "pack") or "—"


def _count(cards: Iterable[ModelCard], kind: str) -> int:
    return sum(card.kind == kind for card in cards)

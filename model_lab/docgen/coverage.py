"""What is covered: for every capability the models that run without a model hub, those that need one, and the data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from model_lab.analysis.licences import marks
from model_lab.capabilities import Capability
from model_lab.contract import ModelCard
from model_lab.datasets.card import DatasetCard
from model_lab.formats.markdown import table


def coverage(models: Sequence[ModelCard], capabilities: Sequence[Capability], datasets: Sequence[DatasetCard]) -> str:
    """A table with one row per capability, and a sentence of counts above it. Models that answer everything are left out of it."""
    everything = {asked.name for asked in capabilities}
    particular = [card for card in models if set(card.capabilities) != everything]
    here = [card for card in particular if not needs_hub(card)]
    covered = {name for card in here for name in card.capabilities}
    counts = (
        f"{len(here)} models run on a machine without a model hub ({_count(here, 'baseline')} of them baselines, "
        f"{_count(here, 'judge')} judges of quality), in {len(covered)} of {len(everything)} capabilities; "
        f"{len(particular) - len(here)} need the hub. ᶜ copyleft, ⁿ not for commercial use, ᵘ licence unclear; "
        "of those that need the hub: ᵛ unverified, ˣ cannot be run by this bench ([models](models.md) says why), all others have their "
        "loader verified on random weights of the real architecture."
    )
    rows = [
        [
            asked.title,
            asked.name,
            asked.primary.title,
            _names(card for card in here if asked.name in card.capabilities),
            _names(card for card in particular if needs_hub(card) and asked.name in card.capabilities),
            _data(card for card in datasets if card.capability == asked.name),
        ]
        for asked in capabilities
    ]
    return f"{counts}\n\n" + table(["what", "capability", "ranked by", "runs here", "needs the hub", "data"], rows)


def needs_hub(card: ModelCard) -> bool:
    """Its weights come from a model hub."""
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

"""What the inspection commands tell of public datasets: lists, details, and whether one can be used here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from model_lab import datasets, units
from model_lab.analysis.published import PublishedNumber, published
from model_lab.datasets import build
from model_lab.datasets.card import DatasetCard, HubRepository, Tier
from model_lab.datasets.hub import tiers
from model_lab.provision import dataset_preflight
from model_lab.provision.dataset_preflight import DatasetVerdict

Rows = list[dict[str, Any]]


def public_rows() -> Rows:
    """The rows of ``model-lab list datasets --hub``."""
    facts = published()
    return [
        {
            "name": card.name,
            "capability": card.capability,
            "layout": card.layout,
            "licence": card.licence,
            "commercial": card.commercial,
            "gated": getattr(card.source, "gated", False),
            "size": _size(card),
            "metric": card.protocol.metric if card.protocol else "",
            "cached": ", ".join(cached(card)),
            "published": len(_facts(card, facts)),
            "unavailable": card.unsupported_reason,
        }
        for card in datasets.cards()
        if card.source.public
    ]


def cached(card: DatasetCard) -> list[Tier]:
    """The tiers that can be used offline."""
    return [tier for tier in get_args(Tier) if not card.unsupported_reason and build.ready(card, tier)]


def details(card: DatasetCard) -> dict[str, Any]:
    """What ``model-lab show`` adds to the card of a public dataset."""
    facts = _facts(card, published())
    return {
        "url": getattr(card.source, "url", "") or getattr(card.source, "page", "") or ", ".join(card.source.origins),
        "size": _size(card),
        "takes": {tier: _taken(card, tier) for tier in get_args(Tier)},
        "cached": cached(card),
        "published": [_sentence(fact) for fact in facts],
    }


def preflight(verdicts: Iterable[DatasetVerdict]) -> Rows:
    """Verdicts as rows."""
    free = units.data_size(dataset_preflight.free_bytes())
    return [
        {
            "dataset": verdict.card.name,
            "can be used": "yes" if verdict.usable else "no",
            "tier": verdict.tier,
            "to fetch": verdict.size,
            "gated": verdict.gate,
            "licence": verdict.card.licence,
            "free on the disk": free,
            "because": "; ".join(verdict.reasons),
        }
        for verdict in verdicts
    ]


def _sentence(fact: PublishedNumber) -> str:
    here = f" (here {', '.join(fact.registered)})" if fact.registered else ""
    return f"{fact.model}{here}: {fact.amount} {fact.table.metric}, {fact.source.title}"


def _taken(card: DatasetCard, tier: Tier) -> str:
    """How much of a dataset a tier is."""
    if tier not in card.tiers:
        return "as the whole of it"
    samples = f"{units.count(card.tiers[tier])} samples" if card.tiers[tier] else "all samples"
    bound = f", {tiers.BOUNDS[tier]}" if isinstance(card.source, HubRepository) and card.tiers[tier] else ""
    return samples + bound


def _size(card: DatasetCard) -> str:
    megabytes: float | None = getattr(card.source, "megabytes", None)
    return units.data_size(megabytes * 1e6) if megabytes else units.MISSING


def _facts(card: DatasetCard, facts: Iterable[PublishedNumber]) -> list[PublishedNumber]:
    return [fact for fact in facts if card.name in fact.data.ours and fact.table.capability == card.capability]


def as_json(verdicts: Iterable[DatasetVerdict]) -> list[Mapping[str, Any]]:
    """Verdicts as plain data, with sizes in bytes (null: not known)."""
    return [
        {
            **{key: row[key] for key in ("dataset", "tier", "gated", "licence")},
            "usable": verdict.usable,
            "cached": verdict.here,
            "tier_bytes": verdict.offer.tier_bytes if verdict.offer else None,
            "total_bytes": verdict.offer.total_bytes if verdict.offer else None,
            "free_bytes": dataset_preflight.free_bytes(),
            "reasons": list(verdict.reasons),
        }
        for verdict, row in ((verdict, preflight([verdict])[0]) for verdict in verdicts)
    ]

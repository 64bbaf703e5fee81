"""Can this dataset be used here, and what would be fetched for it? Yes, or no with the reason and the next command. Fetches nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from model_lab import cache, units
from model_lab.datasets import build
from model_lab.datasets.card import DatasetCard, HubRepository, LoaderSource, Tier
from model_lab.datasets.hub import fetching
from model_lab.datasets.mir import bridge
from model_lab.downloads import missing_programs
from model_lab.errors import ModelLabError
from model_lab.provision.weights import existing

_AT_ONCE = 8


@dataclass(frozen=True)
class DatasetVerdict:
    """Whether a tier of a dataset can be used, and if not why; what it takes where it is not here.

    ``here``: it can be used offline. ``offer``: what would be sent; None if nobody was asked, or the reply was a refusal or no size.
    """

    card: DatasetCard
    tier: Tier
    here: bool
    reasons: tuple[str, ...] = ()
    offer: fetching.Offer | None = None

    @property
    def usable(self) -> bool:
        """No reason against it."""
        return not self.reasons

    @property
    def size(self) -> str:
        """What has to be fetched, of how much."""
        published = getattr(self.card.source, "megabytes", None)
        if self.here:
            return "nothing, it is in the cache"
        if self.offer:
            return f"{units.data_size(self.offer.tier_bytes)} of {units.data_size(self.offer.total_bytes)}"
        return f"not known, of {units.data_size(published * 1e6)}" if published else "not known"

    @property
    def gate(self) -> str:
        """Whether its authors let one in only after a request, and whether this user was let in; the card's word, where the hub was not asked."""
        gated = getattr(self.card.source, "gated", False)
        return ("accepted" if self.offer else "yes") if gated else "no" if self.offer or self.here else "not known"


def verdict(card: DatasetCard, tier: Tier, offline: bool = False) -> DatasetVerdict:
    """The verdict for a tier of a dataset; asks the hub unless ``offline`` or it is here."""
    if card.unsupported_reason:
        return DatasetVerdict(card, tier, False, (card.unsupported_reason,))
    try:
        if build.ready(card, tier):
            return DatasetVerdict(card, tier, True)
        if absent := missing_programs(card.system):
            return DatasetVerdict(card, tier, False, (f"as root run: apt-get install {' '.join(absent)}",))
        if offline and (card.source.public or card.source.origins):
            return DatasetVerdict(card, tier, False, (f"it is not in the cache; run: model-lab fetch {card.name} --tier {tier}",))
        offer = _offer(card, tier)
    except ModelLabError as error:
        return DatasetVerdict(card, tier, False, (str(error),))
    return DatasetVerdict(card, tier, False, tuple(filter(None, [_room(offer)])), offer)


def verdicts(cards: Iterable[DatasetCard], tier: Tier, offline: bool = False) -> list[DatasetVerdict]:
    """The verdicts for several datasets, several being asked for at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda card: verdict(card, tier, offline), cards))


def free_bytes() -> int:
    """Free space on the disk that datasets are stored on."""
    return shutil.disk_usage(existing(cache.folder("datasets"))).free


def _offer(card: DatasetCard, tier: Tier) -> fetching.Offer | None:
    """What would be fetched, as far as it is known."""
    if isinstance(card.source, HubRepository):
        return fetching.look(card, tier)
    size = bridge.look(card) if isinstance(card.source, LoaderSource) else None
    return None if size is None else fetching.Offer(size, size, 0)


def _room(offer: fetching.Offer | None) -> str:
    needed, free = offer.tier_bytes if offer else 0, free_bytes()
    if needed <= free:
        return ""
    return (
        f"it needs {units.data_size(needed)} of disk and {cache.root()} has {units.data_size(free)} free; free some, or set "
        f"{cache.VARIABLE} to a larger disk"
    )

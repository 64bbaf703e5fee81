"""What a command fetches of public datasets, said before the first byte and after the last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from model_lab import datasets, units
from model_lab.datasets import build
from model_lab.datasets.card import HubRepository, Tier
from model_lab.datasets.hub import fetching, tiers
from model_lab.provision import dataset_preflight
from model_lab.provision.dataset_preflight import DatasetVerdict


@dataclass(frozen=True)
class Fetch:
    """Public datasets that are to be fetched for a tier: those that one may have.

    ``wanted``: tables on the hub, of which a tier is a part; ``whole``: archives that come whole.
    """

    tier: Tier
    wanted: tuple[DatasetVerdict, ...]
    whole: tuple[DatasetVerdict, ...]

    @classmethod
    def of(cls, names: Iterable[str], tier: Tier, offline: bool = False) -> Fetch:
        """Ask about the named public datasets that are not here; nothing is asked ``offline``."""
        cards = [card for name in names if datasets.known(name) and (card := datasets.usable(name)) and card.source.public]
        verdicts = [] if offline else dataset_preflight.verdicts(cards, tier)
        absent = [verdict for verdict in verdicts if verdict.usable and not verdict.here]
        partly = [verdict for verdict in absent if isinstance(verdict.card.source, HubRepository)]
        return cls(tier, tuple(partly), tuple(verdict for verdict in absent if verdict not in partly))

    def announce(self, say: Callable[[str], None]) -> None:
        """Say how much will be fetched, if anything."""
        if self.whole:
            sizes = ", ".join(f"{verdict.card.name} ({verdict.size})" for verdict in self.whole)
            say(f"to fetch whole, as archives have no tiers: {sizes}")
        if self.wanted:
            number = "1 dataset" if len(self.wanted) == 1 else f"{len(self.wanted)} datasets"
            needed = sum(verdict.offer.tier_bytes for verdict in self.wanted if verdict.offer)
            say(
                f"to fetch: {number}, {units.data_size(needed)} of {self._total} ({self._bound}); free on the disk: "
                f"{units.data_size(dataset_preflight.free_bytes())}; Ctrl+C stops, and the same command resumes"
            )

    def summarize(self, say: Callable[[str], None]) -> None:
        """Say how much has been received, if anything was to be."""
        if self.wanted:
            reports = [fetching.fetched(build.folder(verdict.card), self.tier) for verdict in self.wanted]
            received = sum(report.received_bytes for report in reports if report)
            say(f"fetched {units.data_size(received)} of {self._total} ({self._bound})")

    @property
    def _total(self) -> str:
        return units.data_size(sum(verdict.offer.total_bytes for verdict in self.wanted if verdict.offer))

    @property
    def _bound(self) -> str:
        return f"{self.tier}: {tiers.BOUNDS[self.tier]}"

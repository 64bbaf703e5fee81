"""Which rows a tier of a hub dataset consists of, before any of them is fetched.

A tier of n rows takes about sqrt(n) / 2 of each of several row groups, spread over the shards by a hash, until the limit of the tier is
reached: what is fetched is neither the first n rows nor everything. Smaller tiers are parts of larger ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

from model_lab.datasets.card import DatasetCard, Tier
from model_lab.datasets.hub.tables import RowGroup
from model_lab.datasets.shuffling import rank
from model_lab.errors import NotRunnable

LIMITS_MB: dict[Tier, float] = {"smoke": 295.0, "standard": 4000.0, "full": math.inf}
"""Most megabytes of row groups that a tier fetches; footers of the files come on top."""

BOUNDS: dict[Tier, str] = {"smoke": "at most 300 MB a dataset", "standard": "at most 4.1 GB a dataset", "full": "all of it"}
"""What a tier fetches, footers included, in words."""


@dataclass(frozen=True)
class Place:
    """A row: its row group and its number in it."""

    group: RowGroup
    number: int


def choose(card: DatasetCard, tier: Tier, row_groups: Iterable[RowGroup]) -> list[Place]:
    """The rows of a tier, in the order of their choice.

    Args:
        card: The dataset.
        tier: The tier.
        row_groups: All row groups, in the order in which they may be taken; read only as far as needed.

    Returns:
        Places of rows. A card may then leave rows out (``where``, ``not_empty``), so that there are fewer samples.

    Raises:
        NotRunnable: No row group is small enough for the tier.
    """
    ordered = _Remembered(row_groups)
    chosen: dict[Place, None] = {}
    for smaller in get_args(Tier)[: get_args(Tier).index(tier) + 1]:
        wanted = card.tiers.get(smaller, 0)
        limit = LIMITS_MB[smaller]
        if smaller == "full" or (not wanted and smaller == tier):
            places = list(in_turns(_within(ordered, limit, None)))
        elif wanted:
            places = list(in_turns(_within(ordered, limit, _groups(wanted))))
        else:
            continue
        if not places and smaller == tier:
            raise too_large(card, tier, min((group.size for group in ordered), default=0))
        room = max(0, wanted - len(chosen)) if wanted else len(places)
        for place in [place for place in places if place not in chosen][:room]:
            chosen[place] = None
    return list(chosen)


def size_of(places: Iterable[Place]) -> int:
    """Bytes of the row groups that rows are in."""
    return sum(group.size for group in dict.fromkeys(place.group for place in places))


def _groups(rows: int) -> int:
    """How many row groups ``rows`` rows come from."""
    return math.ceil(rows / math.ceil(math.sqrt(rows) / 2))


def _within(ordered: Iterable[RowGroup], limit_mb: float, most: int | None) -> list[RowGroup]:
    """The first row groups that fit the limit together, ``most`` of them."""
    taken: list[RowGroup] = []
    room = limit_mb * 1e6
    for group in ordered:
        if group.size <= room:
            taken.append(group)
            room -= group.size
        elif taken:
            break
        if most is not None and len(taken) >= most:
            break
    return taken


def in_turns(groups: list[RowGroup]) -> Iterator[Place]:
    """A row of each group, then another of each, and so on; which is decided by a hash."""
    orders = [sorted(range(group.rows), key=lambda number, name=group.name: rank(f"{name}:{number}")) for group in groups]  # type: ignore[misc]
    for turn in range(max((group.rows for group in groups), default=0)):
        for group, order in zip(groups, orders, strict=True):
            if turn < group.rows:
                yield Place(group, order[turn])


def too_large(card: DatasetCard, tier: Tier, smallest: float) -> NotRunnable:
    """Why a tier has no rows: the ``smallest`` part that can be read, in bytes, is above its limit; 0: there is none at all."""
    if not smallest:
        page = getattr(card.source, "url", "")
        return NotRunnable(f"dataset {card.name} has no rows; check its card's parts and its page {page}".rstrip())
    larger = next(other for other in get_args(Tier) if LIMITS_MB[other] * 1e6 >= smallest)
    return NotRunnable(
        f"dataset {card.name}: the {tier} tier fetches at most {LIMITS_MB[tier]:.0f} MB, and the smallest part that can be read has "
        f"{smallest / 1e6:.0f} MB; choose --tier {larger}"
    )


class _Remembered:
    """An iterable that can be iterated again without asking its source twice."""

    def __init__(self, source: Iterable[RowGroup]) -> None:
        self._source, self._seen = iter(source), list[RowGroup]()

    def __iter__(self) -> Iterator[RowGroup]:
        place = 0
        while True:
            if place == len(self._seen):
                try:
                    self._seen.append(next(self._source))
                except StopIteration:
                    return
            yield self._seen[place]
            place += 1

"""Samples of several rows: a caption a row, a stem a row. Which rows belong together is read from one column of the whole table, without sounds.

So a sample is never half of one, wherever its rows are; a tier takes as many whole samples as its limit allows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from model_lab.datasets.card import DatasetCard, HubMerge, Tier
from model_lab.datasets.hub import conversions, tiers
from model_lab.datasets.hub.tables import RowGroup, Tables
from model_lab.datasets.hub.tiers import Place
from model_lab.errors import BadManifest

Rows = tuple[Place, ...]


def choose(card: DatasetCard, tier: Tier, tables: Tables, merge: HubMerge) -> list[Rows]:
    """The samples of a tier, in the order of their choice; those of smaller tiers come first.

    Args:
        card: The dataset.
        tier: The tier.
        tables: Its tables, of which the key of every row is read.
        merge: Which rows make a sample.

    Returns:
        The rows of each sample, in the order of the files.

    Raises:
        NotRunnable: No sample is small enough for the tier.
        BadManifest: A row has no key.
    """
    members = _by_key(tables, merge)
    chosen: dict[str, Rows] = {}
    taken: set[RowGroup] = set()
    for size in get_args(Tier)[: get_args(Tier).index(tier) + 1]:
        wanted = card.tiers.get(size, 0)
        if not wanted and size != tier:
            continue
        room = tiers.LIMITS_MB[size] * 1e6 - _bytes(taken)
        for key, places in members.items():
            if wanted and len(chosen) >= wanted:
                break
            more = {place.group for place in places} - taken
            if key not in chosen and _bytes(more) <= room:
                chosen[key] = places
                taken |= more
                room -= _bytes(more)
    if not chosen:
        raise tiers.too_large(card, tier, min(map(tiers.size_of, members.values()), default=0))
    return list(chosen.values())


def merged(rows: Iterable[Mapping[str, Any]], origin: str) -> dict[str, Any]:
    """One manifest row of several.

    Args:
        rows: Rows of one sample; a value that is None counts as absent.
        origin: Where the first of them is, for messages.

    Returns:
        Lists joined without repetition, objects joined, and of other values the first.

    Raises:
        BadManifest: Two rows have different values under one name of an object.

    Example:
        >>> merged([{"audio": "a.wav", "captions": ["a dog"]}, {"audio": "b.wav", "captions": ["it barks"]}], "row 0")
        {'audio': 'a.wav', 'captions': ['a dog', 'it barks']}
    """
    whole: dict[str, Any] = {}
    for row in rows:
        for column, value in row.items():
            if value is not None:
                whole[column] = _joined(whole[column], value, f"{origin}: column {column!r}") if column in whole else value
    return whole


def _joined(there: Any, value: Any, what: str) -> Any:
    if isinstance(there, list) and isinstance(value, list):
        return there + [item for item in value if item not in there]
    if isinstance(there, dict) and isinstance(value, dict):
        if twice := next((name for name in value if name in there and there[name] != value[name]), None):
            raise BadManifest(f"{what} has {twice!r} in two rows of one sample; expected it once")
        return there | value
    return there


def _by_key(tables: Tables, merge: HubMerge) -> dict[str, Rows]:
    """The rows of each sample; samples in the order in which a tier takes rows."""
    groups = list(tables.row_groups())
    keys: dict[Place, str] = {}
    members: dict[str, list[Place]] = {}
    for group in sorted(groups, key=lambda group: (group.shard.path, group.number)):
        for number, row in enumerate(tables.rows(group, merge.key.read)):
            key = conversions.value(row, merge.key)
            if key in (None, "", []):
                raise BadManifest(
                    f"{row.origin}: {', '.join(merge.key.read)} is empty; expected what its sample is recognised by"
                )
            place = Place(group, number)
            keys[place] = json.dumps([group.shard.part, key])
            members.setdefault(keys[place], []).append(place)
    order = dict.fromkeys(keys[place] for place in tiers.in_turns(groups))
    return {key: tuple(members[key]) for key in order}


def _bytes(groups: Iterable[RowGroup]) -> int:
    return sum(group.size for group in groups)

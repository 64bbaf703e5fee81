"""Any dataset on the hub by its address, ``hf:owner/name:config:split``: its columns guessed from their names, or as the user says."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from model_lab import cache
from model_lab.capabilities import Capability
from model_lab.datasets import imports
from model_lab.datasets.card import ColumnSource, DatasetCard, HubPart, HubSource, Tier
from model_lab.datasets.hub import fetching, repository
from model_lab.datasets.hub.tables import Tables
from model_lab.datasets.imports import columns as guesses
from model_lab.downloads import Progress, quiet
from model_lab.errors import BadConfig, NotRunnable

SCHEME = "hf:"
ROWS: dict[Tier, int] = {"smoke": 40, "standard": 1000, "full": 0}
"""Rows of each tier of a dataset that has no card; 0: all."""

_ADDRESS = re.compile(r"hf:(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[^:]+))?(:(?P<config>[^:]*))?(:(?P<split>[^:]+))?")


@dataclass(frozen=True)
class Named:
    """A dataset on the hub: repository, revision, and one configuration and split."""

    repository: str
    revision: str
    part: HubPart

    @property
    def name(self) -> str:
        """A name for files.

        >>> named("hf:mteb/fleurs:en_us:test").name
        'mteb-fleurs-en_us-test'
        """
        return re.sub(r"[^\w.-]+", "-", "-".join(filter(None, (self.repository, self.part.config, self.part.split))))


def named(address: str) -> Named:
    """The dataset that an address names: ``hf:owner/name[@revision][:config][:split]``; the split is ``test`` if it names none.

    Raises `BadConfig` for an address of another form.
    """
    if not (match := _ADDRESS.fullmatch(address)):
        raise BadConfig(
            f"{address!r} is no dataset on the hub; expected hf:OWNER/NAME:CONFIG:SPLIT, as in hf:mteb/fleurs:en_us:test"
        )
    part = HubPart(config=match["config"] or "", split=match["split"] or "test")
    return Named(match["repository"], match["revision"] or "main", part)


def fetch(
    address: str, chosen: Mapping[str, str], capability: Capability, tier: Tier, progress: Progress = quiet, offline: bool = False
) -> imports.ImportedData:
    """The manifest of a tier of a dataset on the hub.

    Args:
        address: As `named` takes it.
        chosen: Manifest column -> column of the table, where that is not to be guessed.
        capability: What it is for.
        tier: How much of it.
        progress: Called with the bytes received and expected.
        offline: Never ask the hub.

    Raises:
        BadConfig: The address, or a column in ``chosen``, is wrong.
        BadManifest: No column can be what the capability needs, or the table is damaged.
        NotRunnable: The hub refuses it, or it is not here and ``offline`` is set.
    """
    data = named(address)
    folder = cache.folder("hub", f"{data.name}-{capability.name}-{_key(data, chosen)}")
    description = folder / "columns.txt"
    if not fetching.manifest_path(folder, tier).is_file():
        if offline:
            raise NotRunnable(f"{address} is not in the cache and downloads are off; run the command without --offline")
        source, clause = _source(data, chosen, capability, address)
        card = _card(data, source, capability)
        fetching.fetch(card, tier, folder, progress)
        description.write_text(clause, "utf-8")
    manifest = fetching.fetch(_card(data, _empty(data), capability), tier, folder, progress, offline=True)
    copy = folder / f"{data.name}-{tier}.jsonl"
    shutil.copyfile(manifest, copy)
    complete = imports.materialise(copy, capability=capability)
    report = fetching.fetched(folder, tier)
    clauses = (report.sentence(data.name) if report else "", description.read_text("utf-8"))
    return imports.ImportedData(Path(address), complete.manifest, "; ".join(filter(None, clauses)))


def _source(data: Named, chosen: Mapping[str, str], capability: Capability, address: str) -> tuple[HubSource, str]:
    """The columns that a capability needs, from the names that the table has."""
    bare = _empty(data)
    tables = Tables(bare, repository.look(bare))
    try:
        names = tables.names()
    finally:
        tables.close()
    mapping = guesses.guessed(
        names, {column: source.partition(".")[0] for column, source in chosen.items()}, capability, Path(address)
    )
    columns = {
        column: ColumnSource(column=chosen.get(column, origin), convert=_convert(column)) for column, origin in mapping.items()
    }
    return bare.model_copy(update={"columns": columns}), guesses.said(mapping, names)


def _convert(column: str) -> str:
    return "name" if column in ("id", "speaker", "group", "label") else ""


def _empty(data: Named) -> HubSource:
    return HubSource(kind="hub", repository=data.repository, revision=data.revision, parts=(data.part,))


def _card(data: Named, source: HubSource, capability: Capability) -> DatasetCard:
    fields: dict[str, Any] = {
        "name": data.name,
        "title": data.name,
        "summary": "Named by its address.",
        "capability": capability.name,
        "licence": "not stated",
        "truth": "human",
        "annotation": "Not described.",
        "group": "row",
        "source": source,
        "layout": "unverified",
        "tiers": {tier: ROWS[tier] for tier in get_args(Tier)},
    }
    return DatasetCard.model_validate(fields)


def _key(data: Named, chosen: Mapping[str, str]) -> str:
    return hashlib.sha256(repr((data, sorted(chosen.items()), fetching.VERSION)).encode()).hexdigest()[:12]

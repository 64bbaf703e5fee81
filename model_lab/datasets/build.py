"""From a card to samples: download its archives, run its recipe once, choose a tier."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from model_lab import cache, downloads, revisions
from model_lab.capabilities import capability
from model_lab.datasets import archives, manifest
from model_lab.datasets.card import DatasetCard, Tier
from model_lab.datasets.manifest import Sample
from model_lab.datasets.recipes import Recipe, Workshop
from model_lab.datasets.sources import require
from model_lab.downloads import Progress, missing_programs, quiet
from model_lab.errors import BadConfig, BadManifest, NotRunnable

PACK = "MODEL_LAB_PACK"
"""The environment variable that names the folder of a development pack."""


def revision(card: DatasetCard) -> str:
    """Under which its samples are recorded: `code_revision`, or the earlier one that it stands for (`model_lab.revisions`)."""
    return revisions.recorded("datasets", code_revision(card))


def code_revision(card: DatasetCard) -> str:
    """12 hex digits that change when the samples may: the card's source and capability, and the code or manifest behind it."""
    parts = [card.capability, card.source.model_dump(mode="json"), *([card.languages] if card.source.kind == "pack" else [])]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    for path in _sources(card):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def location(card: DatasetCard) -> Path:
    """Where the manifest of a card is, or will be once `materialise` has built it."""
    if card.source.kind == "manifest":
        return card.folder / card.source.path
    return cache.folder("datasets", f"{card.name}-{revision(card)}") / "manifest.jsonl"


def ready(card: DatasetCard) -> bool:
    """Whether `samples` works without building or downloading anything."""
    return os.path.isfile(location(card))


def materialise(card: DatasetCard, progress: Progress = quiet, offline: bool = False) -> Path:
    """The path of the card's manifest, built first if need be; its sound files lie beside it.

    The folder appears whole or not at all. Raises `NotRunnable` if a program of the card's ``system`` is missing or an archive
    is unavailable (``offline``: not in the cache), `BadConfig` if the card names no recipe that exists.
    """
    target = location(card)
    if card.source.kind == "manifest" or target.is_file():
        return target
    recipe = _recipe(card)
    if absent := missing_programs(card.system):
        raise NotRunnable(
            f"dataset {card.name} is made with {', '.join(absent)}, not installed here; as root run: apt-get install {' '.join(absent)}"
        )
    folders = {
        archive.package.partition("=")[0]: archives.download(archive, card.name, progress, offline)
        for archive in card.source.archives
    }
    if card.source.kind == "pack":
        folders["pack"] = _pack(card)

    def build(partial: Path) -> None:
        workshop = Workshop(partial, folders, {"languages": list(card.languages)} | card.source.settings)
        with (partial / target.name).open("w", encoding="utf-8") as out:
            number = 0
            for number, row in enumerate(recipe(workshop), 1):
                seconds = workshop.seconds.get(row.get("audio", ""))
                complete = row if seconds is None else row | {"duration": seconds}
                out.write(json.dumps(complete, ensure_ascii=False) + "\n")
                progress(f"building {card.name}", number, 0)
        progress(f"building {card.name}", number, number)
        manifest.read(partial / target.name, capability(card.capability), described=True)

    return downloads.once(target.parent, build) / target.name


def samples(card: DatasetCard, tier: Tier) -> list[Sample]:
    """The samples of a tier of a card that is `ready`, the same ones on every machine; smaller tiers are parts of larger ones.

    The choice takes turns over the column ``stratum`` (over ``group`` where a row has none), so that a small tier holds all kinds
    evenly, and it takes the groups of every stratum in the same order, so that one clip under several conditions stays
    together. Raises `BadManifest` if the dataset has not been built.
    """
    path = location(card)
    if not path.is_file():
        raise BadManifest(f"dataset {card.name} has not been built; run: model-lab fetch {card.name}")
    available = manifest.read(path, capability(card.capability), described=True)
    size = card.tiers.get(tier, 0)
    return _in_turns(available)[:size] if size else _in_turns(available)


def _in_turns(available: Iterable[Sample]) -> list[Sample]:
    strata: dict[str, list[Sample]] = defaultdict(list)
    for sample in sorted(available, key=lambda sample: (_order(sample.group), _order(sample.id))):
        strata[str(sample.row.get("stratum", sample.group))].append(sample)
    ranked = [(turn, _order(name), sample) for name, members in strata.items() for turn, sample in enumerate(members)]
    return [sample for _, _, sample in sorted(ranked, key=lambda entry: entry[:2])]


def _order(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _pack(card: DatasetCard) -> Path:
    """The folder of the development pack; raises `NotRunnable` if it is not here."""
    folder = os.environ.get(PACK)
    if not folder or not (Path(folder) / card.source.settings["task"] / "manifest.jsonl").is_file():
        where = f"{folder} holds no {card.source.settings['task']}/manifest.jsonl" if folder else f"{PACK} is not set"
        raise NotRunnable(f"{card.name} comes from a development pack and {where}; set {PACK} to the pack's folder")
    return Path(folder)


def _texts(card: DatasetCard) -> list[Path]:
    """The manifest and tables of a pack's task."""
    task = Path(os.environ.get(PACK, "")) / card.source.settings["task"]
    return sorted(path for path in task.rglob("*") if path.suffix in (".jsonl", ".tsv", ".csv")) if os.environ.get(PACK) else []


def _sources(card: DatasetCard) -> list[Path]:
    if card.source.kind == "manifest":
        if not location(card).is_file():
            raise BadManifest(f"dataset {card.name}: there is no manifest {location(card)}; write it, or correct the card's path")
        return [location(card)]
    try:
        files = require(card.source.recipe).files
    except BadConfig:
        return []
    return [*files, *(_texts(card) if card.source.kind == "pack" else [])]


def _recipe(card: DatasetCard) -> Recipe:
    try:
        return require(card.source.recipe).load()
    except BadConfig as error:
        raise BadConfig(f"dataset {card.name}: {error}") from None

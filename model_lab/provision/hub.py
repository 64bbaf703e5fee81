"""The Hugging Face hub: the contents of a repository, whether this user has access, and downloading it. Uses the network.

Every refusal by the hub is one sentence with the next command. Tokens are handled by the hub's own library and never shown.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from model_lab import cache, hub_cache, hub_errors
from model_lab.contract import Repository
from model_lab.downloads import Progress, quiet, size_of
from model_lab.errors import NotRunnable

TIMEOUT_S = 10.0
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Offer:
    """The hub's state of a repository: the commit, and the needed files with their sizes in bytes."""

    commit: str
    files: dict[str, int]

    @property
    def size(self) -> int:
        """Bytes of all needed files."""
        return sum(self.files.values())


def look(repository: Repository) -> Offer:
    """Query the hub about ``repository``, and whether this user's token has access.

    Raises `NotRunnable` with a distinct sentence for: no network, offline, no such repository or revision, conditions not accepted
    with and without a token, an invalid token, too many requests, an outage, and files the repository does not have.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    with _explained(repository):
        info = api.model_info(repository.id, revision=repository.revision, files_metadata=True, timeout=TIMEOUT_S)
        if repository.gated:
            api.auth_check(repository.id)
    sizes = {sibling.rfilename: sibling.size or 0 for sibling in info.siblings or ()}
    for pattern in repository.files:
        if not any(fnmatch(name, pattern) for name in sizes):
            raise NotRunnable(
                f"{repository.id} has no file {pattern} at {repository.revision}; correct the card's files or revision"
            )
    return Offer(
        info.sha or repository.revision,
        {name: size for name, size in sizes.items() if any(fnmatch(name, pattern) for pattern in repository.files)},
    )


def fetch(repository: Repository, offer: Offer, progress: Progress = quiet) -> Path:
    """Download the needed files into the hub's own cache and verify them; returns their folder.

    Files that exist are kept, and a dropped connection is retried. Raises `NotRunnable` as `look` does, and if a file does not have
    the SHA-256 that the hub states.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    with _explained(repository), _watched(repository, offer.size, progress):
        folder = Path(snapshot_download(repository.id, revision=repository.revision, allow_patterns=list(repository.files)))
    if damaged := [name for name in offer.files if _removed(folder / name)]:
        raise NotRunnable(
            f"{', '.join(damaged)} of {repository.id} had another SHA-256 than the hub states and were removed: the download was "
            "damaged; fetch them again"
        )
    return folder


def _removed(file: Path) -> bool:
    """Remove a large file if its SHA-256 is not the one it is stored under; returns whether it was removed."""
    kept = file.resolve()
    if not _SHA256.fullmatch(kept.name) or cache.sha256(kept) == kept.name:
        return False
    kept.unlink()
    return True


@contextmanager
def _watched(repository: Repository, total: int, progress: Progress) -> Iterator[None]:
    """Report to ``progress`` how much of the download is on disk, until the block ends."""
    ended, kept = threading.Event(), hub_cache.folder(repository.id) / "blobs"

    def watch() -> None:
        while not ended.wait(0.2):
            progress(repository.id, min(size_of(kept), total), total)

    thread = threading.Thread(target=watch, daemon=True)
    progress(repository.id, 0, total)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    progress(repository.id, total, total)


def _explained(repository: Repository) -> AbstractContextManager[None]:
    return hub_errors.explained(repository.id, repository.revision, repository.page)

"""The Hugging Face hub: the contents of a repository, whether this user has access, and downloading it. Uses the network.

Every refusal by the hub is one sentence with the next command. Tokens are handled by the hub's own library and never shown.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from model_lab import cache, hub_cache
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
    with explained(repository):
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
    with explained(repository), _watched(repository, offer.size, progress):
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


@contextmanager
def explained(repository: Repository) -> Iterator[None]:
    """Translate the exceptions of the hub's library into `NotRunnable` with one sentence."""
    import httpx2

    try:
        yield
    except (OSError, httpx2.HTTPError) as error:
        raise NotRunnable(_sentence(error, repository)) from None


def _sentence(error: BaseException, repository: Repository) -> str:
    """What happened, and what to do; the library wraps the cause in other errors, so the whole chain is searched."""
    import httpx2
    from huggingface_hub import errors

    chain = list(_chain(error))
    status = next(
        (error_in_chain.response.status_code for error_in_chain in chain if isinstance(error_in_chain, errors.HfHubHTTPError)), 0
    )
    name, page = repository.id, repository.page
    sentences: dict[type[BaseException], str] = {
        errors.OfflineModeIsEnabled: f"{name} is not in the cache and HF_HUB_OFFLINE is set; unset it and run the command again",
        errors.GatedRepoError: f"this token has no access to {name}; accept its conditions at {page} with the token's account"
        if status == 403
        else f"{name} is gated and no token was sent; accept its conditions at {page}, then run: hf auth login",
        errors.RepositoryNotFoundError: f"the hub has no repository {name}, or it is private; correct the card, or run: hf auth login",
        errors.RevisionNotFoundError: f"{name} has no revision {repository.revision}; correct the card's revision",
        errors.RemoteEntryNotFoundError: f"{name} lacks a file the card names; correct the card's files",
        errors.DisabledRepoError: f"the hub has disabled {name}; see {page}",
    }
    for kind, sentence in sentences.items():
        if any(isinstance(error_in_chain, kind) for error_in_chain in chain):
            return sentence
    if status == 401:
        return f"the hub does not accept this token for {name}; run: hf auth login"
    if status == 429:
        return f"the hub refuses {name} for now: too many requests (429); wait a few minutes and run the command again"
    if status:
        return f"the hub answered {status} for {name}; try again later"
    if any(isinstance(error_in_chain, httpx2.TransportError) for error_in_chain in chain):
        return f"the hub cannot be reached for {name}; check the network, or copy a filled cache to {hub_cache.root()}"
    return (
        f"{name} could not be downloaded ({type(error).__name__}); check the disk at {hub_cache.root()} and run the command again"
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__

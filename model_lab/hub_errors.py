"""The refusals of the Hugging Face hub, each as one sentence with the next command.

Tokens are handled by the hub's own library and never shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from model_lab import hub_cache
from model_lab.errors import NotRunnable


@contextmanager
def explained(name: str, revision: str, page: str) -> Iterator[None]:
    """Translate the exceptions of the hub's library into `NotRunnable` with one sentence."""
    import httpx2

    try:
        yield
    except (OSError, httpx2.HTTPError) as error:
        raise NotRunnable(_sentence(error, name, revision, page)) from None


def _sentence(error: BaseException, name: str, revision: str, page: str) -> str:
    """What happened, and what to do; the library wraps the cause in other errors, so the whole chain is searched."""
    import httpx2
    from huggingface_hub import errors

    chain = list(_chain(error))
    status = next(
        (error_in_chain.response.status_code for error_in_chain in chain if isinstance(error_in_chain, errors.HfHubHTTPError)), 0
    )
    sentences: dict[type[BaseException], str] = {
        errors.OfflineModeIsEnabled: f"{name} is not in the cache and HF_HUB_OFFLINE is set; unset it and run the command again",
        errors.GatedRepoError: f"this token has no access to {name}; accept its conditions at {page} with the token's account"
        if status == 403
        else f"{name} is gated and no token was sent; accept its conditions at {page}, then run: hf auth login",
        errors.RepositoryNotFoundError: f"the hub has no repository {name}, or it is private; correct the card, or run: hf auth login",
        errors.RevisionNotFoundError: f"{name} has no revision {revision}; correct the card's revision",
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

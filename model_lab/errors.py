"""Errors that a user can cause or fix: one sentence with the actual value, what was expected and the next command.

Every interface (command line, UI, server) prints the message alone, without a traceback. Catch `ModelLabError` to handle all of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ModelLabError(Exception):
    """Base class of all errors that a user can cause or fix."""


class BadAudio(ModelLabError):
    """A file or an array that is not usable audio: missing, empty, damaged, truncated, too long, or with NaN samples."""


class BadManifest(ModelLabError):
    """A dataset manifest, dataset card or reference that is invalid or inconsistent."""


class BadConfig(ModelLabError):
    """A model card, sprint or other YAML file that violates its schema, or an option with a wrong name or value."""


class UnknownName(ModelLabError):
    """A model, dataset, capability, metric, group of models or run that does not exist; the message names the nearest one that does."""


class ContractBroken(ModelLabError):
    """A loader, capability or metric that violates the Bundle Contract, or a value of a wrong type or shape."""


class NotRunnable(ModelLabError):
    """A model or feature that cannot run on this machine; the message says why and what to do."""


class WorkerFailed(ModelLabError):
    """A worker process that crashed, hung or was killed; the message ends with its last stderr lines."""


class WorkerTimedOut(WorkerFailed):
    """A worker that was stopped because it exceeded the time limit for one sample or for loading."""


class StoreError(ModelLabError):
    """A run folder that cannot be read, written or locked."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggest the known name closest to a misspelt one, for the end of an error message.

    Args:
        name: Name as the user wrote it; case and surrounding spaces are ignored.
        known: Names that exist.

    Returns:
        ``" (did you mean 'x'?)"`` with a leading space, or "" if no known name is close.

    Examples:
        >>> nearest("faster_wisper", ["faster_whisper", "yamnet"])
        " (did you mean 'faster_whisper'?)"
        >>> nearest("zzz", ["faster_whisper"])
        ''
    """
    spelled = {candidate.strip().casefold(): candidate for candidate in known}
    match = difflib.get_close_matches(name.strip().casefold(), list(spelled), n=1, cutoff=0.6)
    return f" (did you mean {spelled[match[0]]!r}?)" if match else ""

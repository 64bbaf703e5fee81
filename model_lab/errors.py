"""What can go wrong, told to a person: one sentence with the actual value, what was expected and the next command."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ModelLabError(Exception):
    """Base of every error a user can cause or cure; faces print its text alone, without a traceback."""


class BadAudio(ModelLabError):
    """A file or an array that is not usable sound."""


class BadManifest(ModelLabError):
    """A dataset manifest or card that cannot be used as it stands."""


class BadConfig(ModelLabError):
    """A model card, sprint or other YAML file that breaks its schema."""


class UnknownName(ModelLabError):
    """A model, dataset, capability, metric, lane or run that does not exist."""


class ContractBroken(ModelLabError):
    """A loader, capability or metric that does not keep the Bundle Contract."""


class NotRunnable(ModelLabError):
    """A model that cannot run here; the text says why and what to do."""


class WorkerFailed(ModelLabError):
    """A worker process that crashed, hung or was killed; the text ends with its last words on stderr."""


class WorkerTimedOut(WorkerFailed):
    """A worker that was stopped because its time for one sample, or for loading, was up."""


class StoreError(ModelLabError):
    """A run folder that cannot be read, written or locked."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the known name closest to ``name``, whatever its capitals, or an empty string.

    >>> nearest("faster_wisper", ["faster_whisper", "yamnet"])
    " (did you mean 'faster_whisper'?)"
    >>> nearest("zzz", ["faster_whisper"])
    ''
    """
    spelled = {one.strip().casefold(): one for one in known}
    match = difflib.get_close_matches(name.strip().casefold(), list(spelled), n=1, cutoff=0.6)
    return f" (did you mean {spelled[match[0]]!r}?)" if match else ""

"""What stands in the Hugging Face hub's cache, read without the hub's library: a worker has it in no or in any version.

The layout is the library's own (huggingface_hub's guide "Manage your cache"): a revision that is not a commit is looked up
in ``refs``, the files of a commit stand in ``snapshots``. Files that are still being downloaded do not stand there.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

RANDOM_WEIGHTS = "RANDOM_WEIGHTS.txt"
"""A file of this name in a snapshot says that somebody made it of random numbers, to try a loader on."""


def root() -> Path:
    """The hub's cache folder: ``$HF_HUB_CACHE``, ``$HF_HOME/hub``, or ``huggingface/hub`` in the user's cache folder."""
    if chosen := os.environ.get("HF_HUB_CACHE"):
        return Path(chosen).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("HF_HOME") or f"{caches}/huggingface").expanduser() / "hub"


def folder(repository: str) -> Path:
    """Where the repository ``owner/name`` is kept, if it is."""
    return root() / f"models--{repository.replace('/', '--')}"


def snapshot(repository: str, revision: str) -> Path | None:
    """The folder of the files of a revision; None if nothing of it is here."""
    try:
        commit = (folder(repository) / "refs" / revision).read_text("utf-8").strip()
    except OSError:
        commit = revision
    found = folder(repository) / "snapshots" / commit
    return found if os.path.isdir(found) else None


def absent(snapshot: Path, patterns: Iterable[str]) -> list[str]:
    """The patterns that no file matches, the shards that an index names and are not there, and files that are cut off."""
    names = list(_names(snapshot))
    lacking = [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in names)]
    shards = [shard for name in names if name.endswith(".safetensors.index.json") for shard in _shards(snapshot / name)]
    lacking += sorted({shard for shard in shards if shard not in names})
    return lacking + [name for name in names if name.endswith(".safetensors") and header(snapshot / name) is None]


def parameters(snapshot: Path) -> int | None:
    """The number of weights in the safetensors files; None if there is no such file, or they are not whole."""
    headers = [header(snapshot / name) for name in _names(snapshot) if name.endswith(".safetensors")]
    if not headers or None in headers:
        return None
    return sum(math.prod(map(int, entry["shape"])) for found in headers if found for entry in found.values())


def header(file: Path) -> dict[str, Any] | None:
    """What a safetensors file holds: name -> dtype, shape and offsets; None if it is cut off or no such file."""
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            found: dict[str, Any] = json.loads(stream.read(length)) if length < file.stat().st_size else {}
    except (OSError, ValueError):
        return None
    found.pop("__metadata__", None)
    end = max((entry["data_offsets"][1] for entry in found.values()), default=0)
    return found if found and file.stat().st_size == 8 + length + end else None


def is_random(snapshot: Path) -> bool:
    """Whether the snapshot says of itself that its weights are random."""
    return (snapshot / RANDOM_WEIGHTS).is_file()


def _names(snapshot: Path) -> Iterator[str]:
    for path in sorted(snapshot.rglob("*")):
        if path.is_file():
            yield path.relative_to(snapshot).as_posix()


def _shards(index: Path) -> set[str]:
    try:
        found: dict[str, str] = json.loads(index.read_text("utf-8"))["weight_map"]
    except (OSError, ValueError, KeyError):
        return {f"a readable {index.name}"}
    return set(found.values())

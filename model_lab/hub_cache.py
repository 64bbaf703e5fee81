"""Reads the Hugging Face hub cache without the hub library, of which a worker may have any version or none.

The layout is documented in the guide "Manage your cache" of huggingface_hub: a revision that is not a commit is looked up in ``refs``, the
files of a commit are in ``snapshots``. Files that are still being downloaded are not there.
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
"""A file of this name marks a snapshot with random weights, made to test a loader."""


def root() -> Path:
    """The hub's cache folder: ``$HF_HUB_CACHE``, ``$HF_HOME/hub``, or ``huggingface/hub`` in the user's cache folder."""
    if chosen := os.environ.get("HF_HUB_CACHE"):
        return Path(chosen).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("HF_HOME") or f"{caches}/huggingface").expanduser() / "hub"


def folder(repository: str) -> Path:
    """The folder of the repository ``owner/name`` in the cache, which may not exist."""
    return root() / f"models--{repository.replace('/', '--')}"


def snapshot(repository: str, revision: str) -> Path | None:
    """The folder with the files of a revision; None if nothing of it is cached."""
    try:
        commit = (folder(repository) / "refs" / revision).read_text("utf-8").strip()
    except OSError:
        commit = revision
    path = folder(repository) / "snapshots" / commit
    return path if os.path.isdir(path) else None


def absent(snapshot: Path, patterns: Iterable[str]) -> list[str]:
    """The patterns without a matching file, missing shards of an index, and truncated files."""
    names = list(_names(snapshot))
    missing = [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in names)]
    shards = [shard for name in names if name.endswith(".safetensors.index.json") for shard in _shards(snapshot / name)]
    missing += sorted({shard for shard in shards if shard not in names})
    return missing + [name for name in names if name.endswith(".safetensors") and header(snapshot / name) is None]


def parameters(snapshot: Path) -> int | None:
    """The number of parameters in the safetensors files; None if there are none, or one is incomplete."""
    headers = [header(snapshot / name) for name in _names(snapshot) if name.endswith(".safetensors")]
    if not headers or None in headers:
        return None
    return sum(math.prod(map(int, entry["shape"])) for entries in headers if entries for entry in entries.values())


def header(file: Path) -> dict[str, Any] | None:
    """The tensors of a safetensors file: name -> dtype, shape and offsets; None if it is truncated or of another format."""
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            entries: dict[str, Any] = json.loads(stream.read(length)) if length < file.stat().st_size else {}
    except (OSError, ValueError):
        return None
    entries.pop("__metadata__", None)
    end = max((entry["data_offsets"][1] for entry in entries.values()), default=0)
    return entries if entries and file.stat().st_size == 8 + length + end else None


def is_random(snapshot: Path) -> bool:
    """Whether the snapshot is marked as having random weights."""
    return (snapshot / RANDOM_WEIGHTS).is_file()


def _names(snapshot: Path) -> Iterator[str]:
    for path in sorted(snapshot.rglob("*")):
        if path.is_file():
            yield path.relative_to(snapshot).as_posix()


def _shards(index: Path) -> set[str]:
    try:
        weight_map: dict[str, str] = json.loads(index.read_text("utf-8"))["weight_map"]
    except (OSError, ValueError, KeyError):
        return {f"a readable {index.name}"}
    return set(weight_map.values())

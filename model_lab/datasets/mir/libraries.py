"""The loaders of mirdata and soundata; both libraries are in the extra ``public`` and imported when a dataset of theirs is used."""

from __future__ import annotations

import copy
import importlib
import logging
from pathlib import Path
from typing import Any

from model_lab.datasets.card import LoaderSource
from model_lab.errors import BadConfig, NotRunnable, UnknownName, nearest

LIBRARIES = ("mirdata", "soundata")
INDEX_FOLDER = "index"
"""Folder of a dataset's index inside its own; the libraries would write it beside their code."""


def names(library: str) -> list[str]:
    """The loaders of a library, sorted; raises `NotRunnable` with the command that installs it."""
    return sorted(_imported(library).DATASETS)


def module(library: str, loader: str) -> Any:
    """The module of a loader.

    Raises:
        NotRunnable: The library, or a package that this loader needs, is not installed.
        UnknownName: The library has no such loader.
    """
    known = names(library)
    if loader not in known:
        close = nearest(loader, known)
        raise UnknownName(f"{library} has no dataset {loader!r}{close}" + ("" if close else f"; it has: {', '.join(known)}"))
    try:
        return importlib.import_module(f"{library}.datasets.{loader}")
    except ImportError:
        raise NotRunnable(
            f"the loader of {library}:{loader} needs packages that are not installed; run: pip install '{library}[{loader}]'"
        ) from None


def item_class(loader_module: Any) -> Any:
    """The class of a loader's items: ``Track`` in mirdata, ``Clip`` in soundata."""
    return getattr(loader_module, "Track", None) or loader_module.Clip


def dataset(source: LoaderSource, home: Path) -> Any:
    """The library's dataset with everything below ``home``, its index too; raises `BadConfig` for an unknown version."""
    loader_module = module(source.kind, source.loader)
    versions = [name for name in loader_module.INDEXES if name not in ("default", "test") and "sample" not in name]
    if source.version and source.version not in versions:
        raise BadConfig(
            f"{source.kind}:{source.loader} has no version {source.version!r}{nearest(source.version, versions)}; "
            f"it has: {', '.join(versions)}"
        )
    made = loader_module.Dataset(data_home=str(home), version=source.version or "default")
    index = copy.copy(made._index_data)
    index.indexes_dir = str(home / INDEX_FOLDER)
    index.remote = copy.copy(index.remote)
    index.remote.destination_dir = INDEX_FOLDER
    made._index_data, made.index_path, made.remotes = index, index.get_path(), dict(made.remotes or {})
    return made


def items(made: Any) -> dict[str, Any]:
    """The tracks or clips of a dataset by id."""
    loaded: dict[str, Any] = made.load_tracks() if hasattr(made, "load_tracks") else made.load_clips()
    return loaded


def _imported(library: str) -> Any:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        imported = importlib.import_module(library)
    except ImportError:
        raise NotRunnable(
            f"datasets of {library} need the package {library}, which is not installed; run: pip install 'model-lab[public]'"
        ) from None
    root.handlers[:], root.level = handlers, level  # the libraries configure logging for the whole program when imported
    if _not_theirs not in root.filters:
        root.addFilter(_not_theirs)
    return imported


def _not_theirs(record: logging.LogRecord) -> bool:
    """False for remarks that the libraries log at the root: what matters of them is raised here."""
    return not any(f"/{library}/" in record.pathname for library in LIBRARIES)

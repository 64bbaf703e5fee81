"""From a loader of mirdata or soundata to a manifest: download, validation through the library, one row a track.

The sounds lie in the dataset's own folder of the cache, where the library unpacks them, with a manifest per capability beside them.
Sounds that cannot be downloaded are used if they are put there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_lab import cache, downloads
from model_lab.capabilities import capability
from model_lab.datasets import manifest, sound_files
from model_lab.datasets.card import DatasetCard, LoaderSource
from model_lab.datasets.mir import columns, libraries, offers, remotes
from model_lab.downloads import Progress, quiet
from model_lab.errors import BadAudio, BadConfig, BadManifest, NotRunnable
from model_lab.files import write_text

VERSION = 1
"""Raised with every change of this package that may change samples."""


def home(source: LoaderSource) -> Path:
    """The folder of a dataset, in which the library finds its files."""
    version = f"-{source.version}" if source.version else ""
    return cache.folder("datasets", f"{source.kind}-{source.loader}{version}")


def fetch(card: DatasetCard, path: Path, progress: Progress = quiet, offline: bool = False) -> Path:
    """Write the manifest of a card, after downloading what is not there.

    Args:
        card: A card whose source is a loader.
        path: The manifest, in the dataset's `home`.
        progress: Called with the bytes received and expected, then with the tracks read.
        offline: Use only what is in the cache.

    Returns:
        ``path``.

    Raises:
        NotRunnable: The library is missing, or files are that it cannot download; the message says how to obtain them.
        BadManifest: A file is damaged, an annotation cannot be read, or no track has a reference.
    """
    source, place = _source(card), home(_source(card))
    dataset = libraries.dataset(source, place)
    with downloads.locked(place):
        place.mkdir(parents=True, exist_ok=True)
        if not offline and not _complete(card, dataset):
            _download(card, dataset, progress)
        _require_valid(card, dataset)
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in _rows(card, dataset, progress)]
        if not lines:
            raise BadManifest(
                f"dataset {card.name} has no track with a reference for {card.capability}; see its card, or name another annotation"
            )
        partial = path.with_name(path.name + ".partial")
        write_text(partial, "".join(lines))
        manifest.read(partial, capability(card.capability), described=True)
        partial.rename(path)
    return path


def look(card: DatasetCard) -> int | None:
    """Ask how many bytes `fetch` would download; None if a server does not say. Raises `NotRunnable` if the library is missing."""
    place = home(_source(card))
    dataset = libraries.dataset(_source(card), place)
    return remotes.total([dataset.remotes[name] for name in _chosen(card, dataset)] if dataset.remotes else [], place)


def annotation(source: LoaderSource, answers: str) -> str:
    """The attribute of a track that is the reference of a capability; raises `BadConfig` if none is."""
    if source.annotation:
        return source.annotation
    fits = offers.offers(source.kind, source.loader)
    if answers not in fits:
        raise BadConfig(
            f"{source.kind}:{source.loader} has no reference for {answers}; it fits: {', '.join(fits) or 'no capability'}"
        )
    return fits[answers]


def _download(card: DatasetCard, dataset: Any, progress: Progress) -> None:
    """Fetch the archives the loader names, then let the library check and unpack them."""
    source, chosen = _source(card), _chosen(card, dataset)
    wanted = [dataset._index_data.remote, *(dataset.remotes[name] for name in chosen)]
    remotes.fetch_all(card.name, wanted, Path(dataset.data_home), progress)
    progress(f"{card.name}: unpacking", 0, 0)
    try:
        dataset.download(partial_download=chosen or ["index"] if dataset.remotes else None, cleanup=False)
    except (OSError, ValueError, EOFError) as error:
        raise NotRunnable(
            f"{card.name}: {source.kind} cannot unpack what was downloaded ({error}); delete {dataset.data_home}"
        ) from None
    for remote in wanted[1:]:
        if str(remote.filename).endswith((".zip", ".gz", ".tar", ".bz2", ".7z")):
            remotes.target(remote, Path(dataset.data_home)).unlink(missing_ok=True)


def _chosen(card: DatasetCard, dataset: Any) -> list[str]:
    """The names of the files to download; raises `BadConfig` for one that the loader does not have."""
    source = _source(card)
    chosen = list(source.downloads or dataset._index_data.partial_download or dataset.remotes)
    if unknown := [name for name in chosen if name not in dataset.remotes]:
        raise BadConfig(f"{card.name}: downloads names {unknown[0]!r}; {source.loader} has: {', '.join(dataset.remotes)}")
    return chosen


def _complete(card: DatasetCard, dataset: Any) -> bool:
    """Whether the sound of every track that the index lists is there."""
    return Path(dataset.index_path).is_file() and not _absent(card, dataset)


def _absent(card: DatasetCard, dataset: Any) -> list[str]:
    attribute = _source(card).audio
    try:
        paths = [getattr(track, attribute) for track in libraries.items(dataset).values()]
    except FileNotFoundError as error:
        return [str(error)]
    return [path for path in paths if path and not os.path.isfile(path)]


def _require_valid(card: DatasetCard, dataset: Any) -> None:
    """Raises what is wrong with the files: sounds that are missing, checksums that the library does not confirm."""
    place = Path(dataset.data_home)
    if not Path(dataset.index_path).is_file():
        raise NotRunnable(f"{card.name} is not in the cache and downloads are off; run: model-lab fetch {card.name}")
    if absent := _absent(card, dataset):
        instructions = " ".join(str(dataset._download_info or "").format(place).split())
        obtain = f"{_source(card).kind} says: {instructions}" if instructions else f"put them below {place}"
        raise NotRunnable(
            f"{card.name}: {len(absent)} files are missing, the first {absent[0]}; {obtain}; then run: model-lab fetch {card.name}"
        )
    _, invalid = dataset.validate(verbose=False)
    wrong = [path for part in invalid.values() for paths in part.values() for path in paths]
    if wrong:
        raise BadManifest(
            f"{card.name}: {len(wrong)} files differ from {_source(card).kind}'s checksums, the first {wrong[0]}; delete them and run: "
            f"model-lab fetch {card.name}"
        )


def _rows(card: DatasetCard, dataset: Any, progress: Progress) -> Iterator[dict[str, Any]]:
    source, place, tracks = _source(card), Path(dataset.data_home), libraries.items(dataset)
    attribute = annotation(source, card.capability)
    rows: list[dict[str, Any]] = []
    for number, (name, track) in enumerate(tracks.items(), 1):
        progress(f"{card.name}: reading annotations", number, len(tracks))
        try:
            if any(str(getattr(track, key)) != value for key, value in source.where.items()) or not getattr(track, source.audio):
                continue
            reference = columns.columns(card.capability, track, attribute)
            group = str(getattr(track, source.cluster)) if source.cluster else name
        except (OSError, ValueError, KeyError, IndexError, AttributeError, StopIteration) as error:
            raise BadManifest(
                f"{card.name}: {source.kind} cannot read {attribute} of {name} ({error}); check the files below {place}"
            ) from None
        if reference:
            rows.append(_sound(card, name, Path(getattr(track, source.audio)), place) | {"group": group} | reference)
    classes = {label: [label.replace("_", " ")] for label in sorted({row["label"] for row in rows if "label" in row})}
    yield from (row | {"classes": classes} if "label" in row else row for row in rows)


def _sound(card: DatasetCard, name: str, path: Path, place: Path) -> dict[str, Any]:
    try:
        return {"id": name, "audio": path.relative_to(place).as_posix(), "duration": round(sound_files.seconds(path), 6)}
    except BadAudio as error:
        raise BadManifest(
            f"{card.name}: the sound of {name} cannot be read ({error}); delete it and run: model-lab fetch {card.name}"
        ) from None


def _source(card: DatasetCard) -> LoaderSource:
    assert isinstance(card.source, LoaderSource), "called for datasets of mirdata and soundata alone"
    return card.source

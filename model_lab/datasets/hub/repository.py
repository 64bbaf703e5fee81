"""Which Parquet files of a dataset repository hold a configuration and split: one request to the hub, and no code of theirs.

The files are those that the card names; else those that ``configs`` in the repository's README assigns to the split; else those in the
usual places (`USUAL`). Class names are those of the README, until a file states its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from model_lab import hub_errors
from model_lab.datasets.card import HubPart, HubSource
from model_lab.errors import NotRunnable, nearest

TIMEOUT_S = 10.0
USUAL = (
    "{config}/{split}/*.parquet",
    "{config}/{split}-*.parquet",
    "{config}/{split}.parquet",
    "{config}/{split}_*.parquet",
)
"""Where the hub's own tools write a split; the default configuration is in ``data`` or at the top."""


@dataclass(frozen=True)
class Shard:
    """A Parquet file of a part (a number in ``HubSource.parts``), with its bytes."""

    path: str
    size: int
    part: int


@dataclass(frozen=True)
class Listing:
    """The state of a repository: its commit, the files of the card's parts, and the class names that its README states, by column."""

    commit: str
    shards: tuple[Shard, ...]
    classes: Mapping[str, tuple[str, ...]]

    @property
    def size(self) -> int:
        """Bytes of all files of the card's parts."""
        return sum(shard.size for shard in self.shards)


def look(source: HubSource) -> Listing:
    """Ask the hub what a source's parts consist of, and whether this user has access.

    Raises:
        NotRunnable: A sentence for each of: no network, offline, no such repository, revision, configuration or split, a gate with and
            without a token, an invalid token, too many requests, an outage.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    with hub_errors.explained(source.repository, source.revision, source.url):
        info = api.dataset_info(source.repository, revision=source.revision, files_metadata=True, timeout=TIMEOUT_S)
        if info.gated:
            api.auth_check(source.repository, repo_type="dataset")
    sizes = {sibling.rfilename: sibling.size or 0 for sibling in info.siblings or ()}
    described: dict[str, Any] = dict(info.card_data.to_dict()) if info.card_data else {}  # type: ignore[no-untyped-call]
    shards = [
        Shard(path, sizes[path], number)
        for number, part in enumerate(source.parts)
        for path in _files(source, part, described, sorted(sizes))
    ]
    return Listing(info.sha or source.revision, tuple(shards), _classes(described, {part.config for part in source.parts}))


def _files(source: HubSource, part: HubPart, described: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    patterns = part.files or _assigned(described, part) or _usual(part)
    chosen = [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]
    if parquet := [name for name in chosen if name.endswith(".parquet")]:
        return parquet
    raise NotRunnable(_nothing(source, part, described, names, chosen))


def _nothing(source: HubSource, part: HubPart, described: Mapping[str, Any], names: Sequence[str], chosen: Sequence[str]) -> str:
    """Why there are no Parquet files of a part."""
    at = f"{source.repository} at {source.revision}"
    wanted = " ".join(filter(None, (part.config, part.split)))
    if chosen:
        return f"{at}: {wanted} consists of {chosen[0]}, not of Parquet files; name the files in the card, or another repository"
    if any(name.endswith(".py") for name in names) and not any(name.endswith(".parquet") for name in names):
        script = next(name for name in names if name.endswith(".py"))
        return (
            f"{at} is made by the script {script}, which is never run; use a revision with Parquet files (refs/convert/parquet)"
        )
    configs = [str(each.get("config_name", "")) for each in _entries(described)]
    if part.config and configs and part.config not in configs:
        return f"{at} has no configuration {part.config!r}{nearest(part.config, configs)}; it has: {', '.join(configs[:12])}"
    splits = [str(split) for entry in _entries(described) if _is(entry, part) for split in _splits(entry)]
    if splits and part.split not in splits:
        return f"{at} has no split {part.split!r}{nearest(part.split, splits)}; it has: {', '.join(splits)}"
    return f"{at} has no Parquet files of {wanted}; correct the card's parts, or name the files"


def _entries(described: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    configs = described.get("configs")
    return [entry for entry in configs if isinstance(entry, Mapping)] if isinstance(configs, list) else []


def _is(entry: Mapping[str, Any], part: HubPart) -> bool:
    return entry.get("config_name") == part.config or (not part.config and (entry.get("default") is True or _is_default(entry)))


def _is_default(entry: Mapping[str, Any]) -> bool:
    return entry.get("config_name") == "default"


def _splits(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Split -> patterns, from the forms that the hub documents for ``data_files``."""
    files = entry.get("data_files")
    if isinstance(files, str) or (isinstance(files, list) and all(isinstance(item, str) for item in files)):
        return {"train": _patterns(files)}
    listed = files if isinstance(files, list) else []
    return {str(item["split"]): _patterns(item.get("path")) for item in listed if isinstance(item, Mapping) and "split" in item}


def _patterns(paths: Any) -> tuple[str, ...]:
    listed = [paths] if isinstance(paths, str) else paths if isinstance(paths, list) else []
    return tuple(str(path).removeprefix("./") for path in listed)


def _assigned(described: Mapping[str, Any], part: HubPart) -> tuple[str, ...]:
    return next((_splits(entry).get(part.split, ()) for entry in _entries(described) if _is(entry, part)), ())


def _usual(part: HubPart) -> tuple[str, ...]:
    folders = [part.config] if part.config else ["data", "default"]
    patterns = [usual.format(config=folder, split=part.split) for folder in folders for usual in USUAL]
    return tuple(patterns + ([] if part.config else [usual.format(config="", split=part.split).lstrip("/") for usual in USUAL]))


def _classes(described: Mapping[str, Any], configs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The names of class labels by column, from ``dataset_info`` in the README."""
    infos = described.get("dataset_info")
    listed = infos if isinstance(infos, list) else [infos]
    wanted = set(configs)
    classes: dict[str, tuple[str, ...]] = {}
    for info in (info for info in listed if isinstance(info, Mapping)):
        if len(listed) > 1 and wanted - {""} and info.get("config_name") not in wanted:
            continue
        for feature in info.get("features") or ():
            if isinstance(feature, Mapping) and (names := _label_names(feature)):
                classes[str(feature.get("name"))] = names
    return classes


def _label_names(feature: Mapping[str, Any]) -> tuple[str, ...]:
    kind = feature.get("dtype") or feature.get("sequence") or feature.get("list")
    label = kind.get("class_label") if isinstance(kind, Mapping) else None
    names = label.get("names") if isinstance(label, Mapping) else None
    if isinstance(names, Mapping):
        return tuple(str(names[key]) for key in sorted(names, key=int))
    return tuple(map(str, names)) if isinstance(names, list) else ()

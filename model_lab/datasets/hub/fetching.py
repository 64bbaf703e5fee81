"""A tier of a hub dataset on disk: row groups that were fetched, and a manifest of the rows that were chosen.

The folder of a dataset has ``rows/<row group>/`` (kept whole, so that an interrupted download goes on where it was), ``<tier>.jsonl`` (the
manifest) and ``<tier>.json`` (the commit, the bytes received, rows that were left out and why).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from model_lab import downloads
from model_lab.datasets import sound_files
from model_lab.datasets.card import ColumnSource, DatasetCard, HubRepository, HubSource, Tier, TrialsSource
from model_lab.datasets.hub import conversions, merging, repository, tiers, trials
from model_lab.datasets.hub.tables import Meter, Row, RowGroup, Tables
from model_lab.datasets.hub.tiers import Place
from model_lab.datasets.sound_files import Encoded
from model_lab.downloads import Progress, quiet
from model_lab.errors import BadAudio, BadManifest, NotRunnable
from model_lab.files import write_text
from model_lab.types import mapped

ROWS = "rows.jsonl"
COMMIT = "commit.txt"
OnTheHub = TypeVar("OnTheHub", bound=HubRepository)
VERSION = 1
"""Raised with every change of this code that may change samples."""


@dataclass(frozen=True)
class Fetched:
    """What the manifest of a tier was made of."""

    commit: str
    received_bytes: int
    planned_bytes: int
    row_groups: int
    rows: int
    samples: int
    left_out: dict[str, int]
    examples: dict[str, str]

    def sentence(self, name: str) -> str:
        """What was fetched, and what was left out."""
        groups = f" of {self.row_groups} row groups" if self.row_groups else ""
        said = f"{name}: {self.samples} samples{groups} at {self.commit[:12]}, {self.received_bytes / 1e6:.1f} MB received"
        out = [f"{number} {reason} ({self.examples[reason]})" for reason, number in self.left_out.items()]
        return f"{said}; left out: {', '.join(out)}" if out else said


@dataclass(frozen=True)
class Offer:
    """What a tier would fetch: the size of the whole, bytes of the tier's row groups, its number of rows."""

    total_bytes: int
    tier_bytes: int
    rows: int


def look(card: DatasetCard, tier: Tier) -> Offer:
    """Ask the hub what a tier of a dataset would fetch; raises `NotRunnable` with the reason if it is not to be had."""
    if isinstance(card.source, TrialsSource):
        return _look_at_trials(card, card.source, tier)
    source = _source(card)
    tables = Tables(source, repository.look(source))
    try:
        places = [place for sample in _chosen(card, tier, tables) for place in sample]
    finally:
        tables.close()
    return Offer(tables.listing.size, tiers.size_of(places), len(places))


def manifest_path(folder: Path, tier: Tier) -> Path:
    """Where the manifest of a tier is, or will be."""
    return folder / f"{tier}.jsonl"


def fetched(folder: Path, tier: Tier) -> Fetched | None:
    """What the manifest of a tier was made of; None if it has not been."""
    try:
        return Fetched(**json.loads((folder / f"{tier}.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def fetch(card: DatasetCard, tier: Tier, folder: Path, progress: Progress = quiet, offline: bool = False) -> Path:
    """The manifest of a tier, made first if need be; row groups that are there are not fetched again.

    Args:
        card: A card whose source is a hub dataset.
        tier: The tier.
        folder: The dataset's own folder in the cache.
        progress: Called with the bytes received and expected.
        offline: Never ask the hub.

    Returns:
        Path of the manifest, whose sounds lie below its folder.

    Raises:
        NotRunnable: The hub refuses it, or it is not here and ``offline`` is set.
        BadManifest: Its tables are not as the card says, or no row can be used.
    """
    target = manifest_path(folder, tier)
    if target.is_file():
        return target
    if offline:
        raise NotRunnable(
            f"the {tier} tier of {card.name} is not in the cache and downloads are off; run: model-lab fetch {card.name} --tier {tier}"
        )
    with downloads.locked(folder):
        if not target.is_file():
            _make(card, tier, folder, progress)
    return target


def _make(card: DatasetCard, tier: Tier, folder: Path, progress: Progress) -> None:
    if isinstance(card.source, TrialsSource):
        return _make_trials(card, card.source, tier, folder, progress)
    source, meter = _at_commit(_source(card), folder), Meter()
    tables = Tables(source, repository.look(source), meter)
    _keep_commit(tables.listing.commit, folder)
    try:
        samples = _chosen(card, tier, tables)
        places = [place for sample in samples for place in sample]
        chosen: dict[RowGroup, list[int]] = {}
        for place in places:
            chosen.setdefault(place.group, []).append(place.number)
        total = tiers.size_of(places)
        _require_room(card, tier, folder, sum(group.size for group in chosen if not _kept(folder, group).is_dir()))
        label = f"{card.name}: {total / 1e6:.1f} MB of {tables.listing.size / 1e6:.1f} MB"
        done = 0
        progress(label, 0, total)
        for group in chosen:
            downloads.once(_kept(folder, group), lambda partial, group=group: _store(tables, group, partial))  # type: ignore[misc]
            done += group.size
            progress(label, done, total)
    finally:
        tables.close()
    selection = _Selection(source, folder)
    rows = [row for sample in samples for row in selection.samples(sample)]
    if not rows:
        reasons = ", ".join(f"{number} {reason}" for reason, number in selection.left_out.items()) or "the split is empty"
        raise BadManifest(f"dataset {card.name} has no samples in its {tier} tier ({reasons}); check the card, or a larger tier")
    report = Fetched(
        tables.listing.commit, meter.bytes, total, len(chosen), len(places), len(rows), selection.left_out, selection.examples
    )
    _write(folder, tier, rows, report)


def _make_trials(card: DatasetCard, source: TrialsSource, tier: Tier, folder: Path, progress: Progress) -> None:
    meter = Meter()
    chosen = trials.choose(card, tier, trials.trial_list(source, folder, progress))
    archive = trials.Archive(_at_commit(source, folder), meter)
    _keep_commit(archive.commit, folder)
    try:
        rows = list(trials.rows(chosen, archive, folder, progress, f"{card.name}: {len(chosen)} trials"))
        planned = _bytes_of(chosen, archive)
    finally:
        archive.close()
    _write(folder, tier, rows, Fetched(archive.commit, meter.bytes, planned, 0, len(chosen), len(rows), {}, {}))


def _look_at_trials(card: DatasetCard, source: TrialsSource, tier: Tier) -> Offer:
    with tempfile.TemporaryDirectory() as folder:
        chosen = trials.choose(card, tier, trials.trial_list(source, Path(folder), quiet))
    archive = trials.Archive(source, Meter())
    try:
        return Offer(archive.size, _bytes_of(chosen, archive), len(chosen))
    finally:
        archive.close()


def _bytes_of(chosen: Iterable[trials.Trial], archive: trials.Archive) -> int:
    return sum(archive.bytes_of(name) for name in {name for trial in chosen for name in (trial.first, trial.second)})


def _write(folder: Path, tier: Tier, rows: Iterable[dict[str, Any]], report: Fetched) -> None:
    write_text(folder / f"{tier}.json", json.dumps(asdict(report), indent=1) + "\n")
    write_text(manifest_path(folder, tier), "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _chosen(card: DatasetCard, tier: Tier, tables: Tables) -> list[tuple[Place, ...]]:
    """The samples of a tier: the rows that each is made of."""
    if tables.source.merge:
        return merging.choose(card, tier, tables, tables.source.merge)
    return [(place,) for place in tiers.choose(card, tier, tables.row_groups())]


class _Selection:
    """Rows that were fetched, as samples; those that cannot be used are counted by reason, with an example."""

    def __init__(self, source: HubSource, folder: Path) -> None:
        self._source, self._folder = source, folder
        self.left_out: dict[str, int] = {}
        self.examples: dict[str, str] = {}
        self._stored: dict[str, list[dict[str, Any]]] = {}

    def samples(self, places: Sequence[Place]) -> Iterator[dict[str, Any]]:
        """The sample of a row, or of rows that are merged; or none."""
        stored = [self._row(place) for place in places]
        for each in stored:
            if each["left_out"]:
                self._leave_out(each["left_out"], each["origin"])
        usable = [each for each in stored if not each["left_out"]]
        if not usable:
            return
        origin, merge = usable[0]["origin"], self._source.merge
        if merge and merge.rows and len(usable) != merge.rows:
            return self._leave_out(f"with {len(usable)} rows instead of {merge.rows}", origin)
        row = merging.merged([each["row"] for each in usable], origin)
        if lacking := next((column for column in self._source.not_empty if row.get(column) in (None, "", [])), ""):
            return self._leave_out(f"without {lacking}", origin)
        try:
            if isinstance(name := row.get("audio"), str):
                row["duration"] = round(sound_files.seconds(self._folder / name), 6)
        except BadAudio as error:
            return self._leave_out("undecodable", f"{origin}: {error}")
        yield {"id": f"{_kept(self._folder, places[0].group).name}-{places[0].number:05d}", **row}

    def _row(self, place: Place) -> dict[str, Any]:
        """A row as it was stored."""
        kept = _kept(self._folder, place.group)
        if kept.name not in self._stored:
            self._stored[kept.name] = [json.loads(line) for line in (kept / ROWS).read_text("utf-8").splitlines()]
        return self._stored[kept.name][place.number]

    def _leave_out(self, reason: str, example: str) -> None:
        self.left_out[reason] = self.left_out.get(reason, 0) + 1
        self.examples.setdefault(reason, example)


def _store(tables: Tables, group: RowGroup, partial: Path) -> None:
    """Write a row group: its rows as manifest rows, its sounds as files."""
    source = tables.source
    with (partial / ROWS).open("w", encoding="utf-8") as out:
        for number, row in enumerate(tables.rows(group)):
            excluded = next((column for column, allowed in source.where.items() if not _allowed(row, column, allowed)), "")
            record: dict[str, Any] = {"row": {}, "left_out": f"of another {excluded}" if excluded else "", "origin": row.origin}
            if not excluded:
                try:
                    record["row"] = _row(source, row, partial, group.name, number)
                except BadAudio as error:
                    record |= {"left_out": "undecodable", "origin": f"{row.origin}: {error}"}
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def _allowed(row: Row, column: str, allowed: tuple[Any, ...]) -> bool:
    return conversions.value(row, ColumnSource(column=column)) in allowed


def _row(source: HubSource, row: Row, partial: Path, name: str, number: int) -> dict[str, Any]:
    """The manifest row of a table's row, its sounds written into ``partial``."""
    made: dict[str, Any] = dict(source.parts[row.part].values)
    for column, origin in source.columns.items():
        sounds = 0

        def write(leaf: Any, column: str = column) -> Any:
            nonlocal sounds
            if not isinstance(leaf, Encoded):
                return leaf
            sounds += 1
            written = sound_files.write(leaf.data, partial / f"{number:05d}-{column}-{sounds}")
            return f"rows/{name}/{written.name}"

        made[column] = mapped(conversions.value(row, origin), write)
    return made


def _require_room(card: DatasetCard, tier: Tier, folder: Path, needed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise NotRunnable(
            f"the {tier} tier of {card.name} needs {needed / 1e9:.1f} GB of disk and {folder} has {free / 1e9:.1f} GB free; free some, "
            "or set MODEL_LAB_CACHE to a larger disk"
        )


def _at_commit(source: OnTheHub, folder: Path) -> OnTheHub:
    """The source at the commit of what is in the folder already, so that no two are mixed; as it is, if nothing is."""
    kept = folder / COMMIT
    return source.model_copy(update={"revision": kept.read_text("utf-8").strip()}) if kept.is_file() else source


def _keep_commit(commit: str, folder: Path) -> None:
    if not (folder / COMMIT).is_file():
        write_text(folder / COMMIT, commit + "\n")


def _kept(folder: Path, group: RowGroup) -> Path:
    return folder / "rows" / group.name


def _source(card: DatasetCard) -> HubSource:
    assert isinstance(card.source, HubSource), "called for hub datasets alone"
    return card.source

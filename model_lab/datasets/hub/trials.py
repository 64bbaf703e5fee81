"""Speaker trials: a published list of pairs, and the recordings in a zip archive on the hub, of which only those that a tier needs are read.

The members of the archive are read by range requests. A line of the list is ``1 A.wav B.wav`` (one speaker) or ``0 A.wav B.wav`` (two).
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from model_lab import hub_errors
from model_lab.datasets import sound_files
from model_lab.datasets.card import DatasetCard, Tier, TrialsSource
from model_lab.datasets.hub.tables import CountedFile, Meter
from model_lab.downloads import Progress
from model_lab.errors import BadAudio, BadManifest, NotRunnable, nearest

TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Trial:
    """A pair of recordings and whether they are of one speaker."""

    same: bool
    first: str
    second: str

    @property
    def id(self) -> str:
        """Both recordings, fit for a file name."""
        return f"{_name(self.first)}--{_name(self.second)}"


def trials(text: str, origin: str) -> list[Trial]:
    """The trials of a list.

    Raises:
        BadManifest: A line is no trial.

    >>> trials("1 id1/a/1.wav id1/b/2.wav", "list")
    [Trial(same=True, first='id1/a/1.wav', second='id1/b/2.wav')]
    """
    listed = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if words and (len(words) != 3 or words[0] not in ("0", "1")):
            raise BadManifest(f"{origin}, line {number} is {line[:80]!r}; expected 0 or 1 and two recordings")
        if words:
            listed.append(Trial(words[0] == "1", words[1], words[2]))
    if not listed:
        raise BadManifest(f"{origin} has no trials; expected lines such as: 1 id10270/a/00001.wav id10270/b/00002.wav")
    return listed


def choose(card: DatasetCard, tier: Tier, listed: Sequence[Trial]) -> list[Trial]:
    """The trials of a tier: by a hash, as many of one speaker as of two while there are both; all for a tier without a size."""
    size = card.tiers.get(tier, 0)
    if not size:
        return list(listed)
    ordered = sorted(listed, key=lambda trial: hashlib.sha256(trial.id.encode()).hexdigest())
    pairs = zip_longest((trial for trial in ordered if trial.same), (trial for trial in ordered if not trial.same))
    return [trial for trial in chain.from_iterable(pairs) if trial is not None][:size]


class Archive:
    """The zip archive of a source, on the hub."""

    def __init__(self, source: TrialsSource, meter: Meter) -> None:
        from huggingface_hub import HfApi, HfFileSystem

        self._source = source
        with hub_errors.explained(source.repository, source.revision, source.url):
            info = HfApi().dataset_info(source.repository, revision=source.revision, timeout=TIMEOUT_S)
            self.commit = info.sha or source.revision
            address = f"datasets/{source.repository}@{self.commit}/{source.archive}"
            remote = HfFileSystem().open(address, "rb", cache_type="readahead", block_size=1 << 16)
            try:
                self._zip = zipfile.ZipFile(CountedFile(remote, meter))
            except zipfile.BadZipFile as error:
                raise NotRunnable(
                    f"{source.repository}, {source.archive} is damaged ({error}); report it to its authors"
                ) from None
        self.size = int(remote.size)
        self._members = {member.filename: member for member in self._zip.infolist()}

    def bytes_of(self, name: str) -> int:
        """The compressed size of a recording; raises `BadManifest`, with the nearest one, if the archive lacks it."""
        return self._member(name).compress_size

    def read(self, name: str) -> bytes:
        """A recording, its checksum compared."""
        with hub_errors.explained(self._source.repository, self._source.revision, self._source.url):
            try:
                return self._zip.read(self._member(name))
            except zipfile.BadZipFile as error:
                raise NotRunnable(f"{self._source.archive}: {name} is damaged ({error}); run the command again") from None

    def close(self) -> None:
        """Close the connection."""
        self._zip.close()

    def _member(self, name: str) -> zipfile.ZipInfo:
        path = f"{self._source.prefix}{name}"
        if path not in self._members:
            raise BadManifest(
                f"{self._source.repository}, {self._source.archive} has no {path}{nearest(path, self._members)}; correct the card"
            )
        return self._members[path]


def trial_list(source: TrialsSource, folder: Path, progress: Progress) -> list[Trial]:
    """The trials of a source, downloaded once."""
    kept = folder / "trials.txt"
    if not kept.is_file():
        progress(source.trials, 0, 0)
        folder.mkdir(parents=True, exist_ok=True)
        text = _downloaded(source)
        trials(text, source.trials)
        kept.write_text(text, "utf-8")
    return trials(kept.read_text("utf-8"), source.trials)


def rows(chosen: Sequence[Trial], archive: Archive, folder: Path, progress: Progress, label: str) -> Iterator[dict[str, Any]]:
    """Manifest rows of trials; recordings that are there are not read again.

    Raises `BadAudio` for a recording that is no sound, `NotRunnable` if the hub refuses it.
    """
    names = list(dict.fromkeys(name for trial in chosen for name in (trial.first, trial.second)))
    total = sum(map(archive.bytes_of, names))
    (folder / "recordings").mkdir(parents=True, exist_ok=True)
    paths, done = {}, 0
    progress(label, 0, total)
    for name in names:
        paths[name] = _kept(folder, name) or _written(folder, name, archive.read(name))
        done += archive.bytes_of(name)
        progress(label, done, total)
    for trial in chosen:
        speaker = trial.first.partition("/")[0]
        yield {
            "id": trial.id,
            "audio": paths[trial.first],
            "audio_b": paths[trial.second],
            "same": trial.same,
            "speaker": speaker,
            "group": speaker,
            "duration": round(sound_files.seconds(folder / paths[trial.first]), 6),
        }


def _kept(folder: Path, name: str) -> str:
    return next(
        (f"recordings/{path.name}" for path in (folder / "recordings").glob(f"{_name(name)}.*") if path.suffix != ".partial"), ""
    )


def _written(folder: Path, name: str, data: bytes) -> str:
    partial = folder / "recordings" / f"{_name(name)}.partial"
    partial.write_bytes(data)
    if not (named := sound_files.extension(data)):
        partial.unlink()
        raise BadAudio(f"{name} begins with {data[:12]!r}; expected a sound file")
    path = partial.with_suffix(named)
    partial.replace(path)
    return f"recordings/{path.name}"


def _name(recording: str) -> str:
    """A recording's path as one name.

    >>> _name("id10270/5r0dWxy17C8/00001.wav")
    'id10270-5r0dWxy17C8-00001'
    """
    return recording.rpartition(".")[0].replace("/", "-")


def _downloaded(source: TrialsSource) -> str:
    import httpx2

    try:
        answer = httpx2.get(source.trials, timeout=TIMEOUT_S, follow_redirects=True)
        answer.raise_for_status()
    except httpx2.HTTPError as error:
        raise NotRunnable(
            f"the trial list {source.trials} cannot be had ({error}); check the network and run the command again"
        ) from None
    return answer.text

"""Writes imported rows as a manifest: files by their path, parts of recordings and sound from other files as files of their own."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import audio, files
from model_lab.capabilities import Capability
from model_lab.datasets import sound_files
from model_lab.datasets.imports._base import Encoded, Excerpt, ImportRow
from model_lab.datasets.manifest import SLACK_S
from model_lab.downloads import Progress
from model_lab.errors import BadManifest
from model_lab.files import utf8
from model_lab.types import Audio, mapped

_VERSION = 1
"""Counts changes of what is written for the same rows, so that earlier files in the cache are not taken."""
_LONGEST = 80
_SIXTEEN_BITS = ("PCM_16", "PCM_S8", "PCM_U8")
_FLAC_CHANNELS = 8


class Tally:
    """Counts of rows, and of the speakers, labels and languages in them."""

    def __init__(self) -> None:
        self.rows = 0
        self.values: dict[str, set[str]] = {column: set() for column in ("speaker", "label", "language")}
        self._present: set[str] = set()

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a row."""
        self.rows += 1
        self._present |= {column for column, value in row.items() if value is not None}
        for column, values in self.values.items():
            if isinstance(value := row.get(column), (str, int)):
                values.add(str(value))

    def completion(self, capability: Capability | None) -> ImportRow:
        """The columns of the capability that are the same in every row, that no row has, and that follow from the others."""
        lacking = {column.name for column in capability.columns if column.constant} - self._present if capability else set()
        known = {
            "classes": {label: [label] for label in sorted(self.values["label"])},
            "languages": sorted(self.values["language"]),
        }
        return {column: known[column] for column in sorted(lacking) if known.get(column)}


@dataclass(frozen=True)
class Survey:
    """What one pass over rows shows: their ids, a key that changes with any of them, the columns they lack, and counts."""

    ids: tuple[str, ...]
    key: str
    completion: ImportRow
    tally: Tally


def survey(rows: Iterable[ImportRow], capability: Capability | None) -> Survey:
    """Read all rows once. Raises `BadManifest` if there are none or two have one id."""
    digest = hashlib.sha256(f"written by version {_VERSION}".encode())
    named: list[tuple[Any, str]] = []
    tally = Tally()
    for row in rows:
        digest.update(json.dumps(row, sort_keys=True, default=_identity).encode())
        named.append((None if row.get("id") in (None, "") else row["id"], _path(row)))
        tally.add(row)
    completion = tally.completion(capability)
    digest.update(json.dumps(completion, sort_keys=True).encode())
    return Survey(tuple(_unique(named)), digest.hexdigest()[:16], completion, tally)


def write(rows: Iterable[ImportRow], surveyed: Survey, manifest: Path, sounds: Path, progress: Progress) -> None:
    """Write the manifest, and the sound that has no file of its own into the folder ``sounds``.

    Files inside the manifest's folder are named relative to it, others by their absolute path.
    """
    writer = _Writer(manifest.parent.resolve(), sounds.resolve())
    complete = (row | surveyed.completion | {"id": name} for name, row in zip(surveyed.ids, rows, strict=True))
    written = [writer.row(row) for row in complete]
    writer.cut(progress)
    files.write_jsonl(manifest, ({column: mapped(value, _path_of) for column, value in row.items()} for row in written))


@dataclass
class _Part:
    """An excerpt to be written; its suffix is known once it is."""

    excerpt: Excerpt
    target: Path
    name: str = ""


def _path_of(value: Any) -> Any:
    return value.name if isinstance(value, _Part) else value


class _Writer:
    """Names the files of rows; parts of recordings are cut at the end."""

    def __init__(self, folder: Path, sounds: Path) -> None:
        self._folder, self._sounds = folder, sounds
        self._parts: dict[Path, list[_Part]] = defaultdict(list)
        self._names = _Names(key=str.casefold)

    def row(self, row: ImportRow) -> ImportRow:
        """The row as a manifest has it, but for excerpts that are not cut yet; columns without a value are left out."""
        name = row["id"]
        present = {column: value for column, value in row.items() if value is not None}
        named = {
            column: self._value(value, name if column == "audio" else f"{name}-{column}") for column, value in present.items()
        }
        return {"id": name} | named

    def _value(self, value: Any, name: str) -> Any:
        """The value of a column as a manifest has it; ``name`` is that of a new file, without suffix."""
        if isinstance(value, dict):
            return {key: self._value(each, f"{name}-{key}") for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._value(each, f"{name}-{number}") for number, each in enumerate(value, 1)]
        if isinstance(value, Excerpt):
            part = _Part(value, self._sounds / self._free(name))
            self._parts[value.path].append(part)
            return part
        if isinstance(value, Encoded):
            target = self._sounds / (self._free(name) + _suffix_of(value))
            files.write_bytes(target, value.data)
            return self._named(target)
        return self._named(value.resolve()) if isinstance(value, Path) else value

    def cut(self, progress: Progress) -> None:
        """Write all excerpts; each recording is decoded once."""
        total, done = sum(map(len, self._parts.values())), 0
        for path, parts in self._parts.items():
            sound, bits = audio.read(path), _bits(path)
            for part in parts:
                part.name = self._named(_write_part(_cut(sound, part.excerpt), part.target, bits))
                done += 1
                progress("cutting recordings", done, total)

    def _named(self, path: Path) -> str:
        return str(path.relative_to(self._folder) if path.is_relative_to(self._folder) else path)

    def _free(self, name: str) -> str:
        """A file name without suffix that no other has, also where capitals do not count."""
        return self._names.free(safe_name(name))


def safe_name(name: str) -> str:
    """A name as that of a file on any system: letters, digits and ``._-``; shortened if need be.

    >>> safe_name("calls/grüß dich: 1?"), safe_name("..")
    ('calls_grüß_dich_1', 'unnamed')
    """
    plain = re.sub(r"[^\w.-]+", "_", unicodedata.normalize("NFC", name)).strip("._")
    while len(plain.encode()) > _LONGEST:
        plain = plain[:-1]
    return plain or "unnamed"


def _suffix_of(sound: Encoded) -> str:
    """The suffix of a sound file by its content. Raises `BadManifest` if it is none."""
    if suffix := sound_files.extension(sound.data):
        return suffix
    raise BadManifest(
        f"the sound {sound.name or 'in the data'} has {len(sound.data)} bytes that begin with {sound.data[:8]!r}; expected a sound file"
    )


def _cut(sound: Audio, excerpt: Excerpt) -> Audio:
    """The samples of an excerpt; raises `BadManifest` if it is not within the recording."""
    end = sound.duration if excerpt.end_s is None else excerpt.end_s
    if not 0 <= excerpt.start_s < end or end > sound.duration + SLACK_S or excerpt.start_s >= sound.duration:
        raise BadManifest(
            f"a part of {excerpt.path} is {excerpt.start_s:g} to {end:g} s, and the recording lasts {sound.duration:.3f} s; "
            "expected 0 <= start < end within it, in seconds"
        )
    first, last = round(excerpt.start_s * sound.sample_rate), round(end * sound.sample_rate)
    samples = sound.samples[..., first:last]
    if excerpt.channel and samples.ndim > 1:
        if excerpt.channel > len(samples):
            raise BadManifest(f"{excerpt.path} has {len(samples)} channels; there is no channel {excerpt.channel}")
        samples = samples[excerpt.channel - 1]
    return replace(sound, samples=samples)


def _write_part(sound: Audio, stem: Path, bits: int) -> Path:
    """Write lossless FLAC of ``bits``; sound that FLAC cannot hold (over full scale, over 8 channels) becomes a WAV of floats."""
    import soundfile

    with files.translate_os_errors(stem):
        stem.parent.mkdir(parents=True, exist_ok=True)
        if np.abs(sound.samples).max() > 1 or (sound.samples.ndim > 1 and len(sound.samples) > _FLAC_CHANNELS):
            wave = stem.with_name(f"{stem.name}.wav")
            audio.write(wave, sound)
            return wave
        flac, scale = stem.with_name(f"{stem.name}.flac"), 2 ** (bits - 1)
        whole = np.clip(np.rint(sound.samples.T.astype(np.float64) * scale), -scale, scale - 1).astype(np.int32)
        soundfile.write(flac, whole << (32 - bits), sound.sample_rate, format="FLAC", subtype=f"PCM_{bits}")
        return flac


def _bits(path: Path) -> int:
    """Bits that hold the samples of a file: 16 where it has no more, else 24."""
    import soundfile

    try:
        return 16 if soundfile.info(path).subtype in _SIXTEEN_BITS else 24
    except soundfile.LibsndfileError:
        return 24


def _identity(value: Any) -> Any:
    """What a file adds to the key: its path, size and time of change, or the digest of its bytes."""
    if isinstance(value, Path):
        stat = value.stat()
        return [utf8(value), stat.st_size, stat.st_mtime_ns]
    if isinstance(value, Excerpt):
        return [_identity(value.path), value.start_s, value.end_s, value.channel]
    if isinstance(value, Encoded):
        return [value.name, hashlib.sha256(value.data).hexdigest()]
    raise BadManifest(f"a column holds {str(value)[:60]!r}, a {type(value).__name__}; expected text, numbers, lists or objects")


def _path(row: ImportRow) -> str:
    """The path of a row's sound without its suffix, by which a row without an id is called; empty if it has none."""
    sound = row.get("audio", row.get("voice"))
    path = sound.path if isinstance(sound, Excerpt) else Path(sound.name) if isinstance(sound, Encoded) else sound
    return utf8(path.with_suffix("")) if isinstance(path, Path) and path.name else ""


def _unique(named: list[tuple[Any, str]]) -> Iterator[str]:
    """An id for each row: its own, else the name of its sound, with the folders that tell it from others, else its number."""
    if not named:
        raise BadManifest("there are no rows; expected at least one")
    own = Counter(str(name) for name, _ in named if name is not None)
    if twice := next((name for name, count in own.items() if count > 1), None):
        raise BadManifest(f"id {twice!r} is there {own[twice]} times; expected each once")
    names = _Names(own)
    short = _short_names({path for name, path in named if name is None})
    for number, (name, path) in enumerate(named, 1):
        yield str(name) if name is not None else names.free(short[path] or str(number))


def _short_names(paths: Iterable[str]) -> dict[str, str]:
    """For each path its last part, with as many folders before it as tell all that end alike from each other."""
    alike: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        alike[Path(path).name].append(path)
    return {path: name for group in alike.values() for path, name in _tails(group)}


def _tails(group: list[str]) -> Iterable[tuple[str, str]]:
    parts = {path: Path(path).parts for path in group}
    for taken in range(1, max(map(len, parts.values())) + 1):
        tails = {path: "/".join(each[-taken:]) for path, each in parts.items()}
        if len(set(tails.values())) == len(group):
            return tails.items()
    return [(path, path) for path in group]


class _Names:
    """Names that are taken, compared as ``key`` has them; where the last search for a free one ended is remembered."""

    def __init__(self, taken: Iterable[str] = (), key: Callable[[str], str] = str) -> None:
        self._key = key
        self._taken = set(map(key, taken))
        self._numbers: dict[str, int] = {}

    def free(self, name: str) -> str:
        """The name, with a number if need be so that it is not taken yet; it is afterwards."""
        number = self._numbers.get(name, 1)
        while self._key(each := name if number == 1 else f"{name}-{number}") in self._taken:
            number += 1
        self._numbers[name] = number
        self._taken.add(self._key(each))
        return each

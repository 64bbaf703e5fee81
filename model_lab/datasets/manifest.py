"""A manifest is a JSONL file: one sample a line, with the columns its capability asks for; sound files lie beside it.

The same reader serves the built datasets and the user's own data. Columns that every capability knows: ``id`` (the stem of
``audio`` if absent), ``group`` (what the bootstrap resamples together: a speaker, a recording; ``speaker`` if absent, the id if
that is absent too) and ``duration`` (seconds of ``audio``; looked up in the file if absent). A column that is ``null`` counts as
absent. Nothing in a manifest is believed that can be looked up: types, units, names of columns, times against the sound's length.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from pathlib import Path
from shlex import quote
from typing import Any, Literal, TypeAlias

from model_lab.capabilities import Capability
from model_lab.capabilities import _columns as readers
from model_lab.datasets import columns, paths, sound_files
from model_lab.errors import BadAudio, BadManifest
from model_lab.files import utf8
from model_lab.formats import jsonl
from model_lab.formats.plain import content_of
from model_lab.types import Audio, mapped

Clusters: TypeAlias = Literal["given", "speaker", "unknown"]
"""How it is known what a sample is resampled with: its group is given (by its row or its dataset's card), its speaker, or not known:
then it is a cluster of its own, and intervals may be too narrow."""

SLACK_S = 0.5
"""Times of a reference may be this much after the end of the sound, from rounding or the padding of a codec."""


@dataclass(frozen=True)
class Sample:
    """One line of a manifest: inputs of ``capability`` and, if the row has it, the reference.

    ``row`` holds the line's columns, ``folder`` is where its paths start (resolved), ``group`` is the bootstrap's cluster and
    ``clusters`` where that comes from, ``origin`` is ``FILE:LINE`` for messages. ``anywhere``: its paths may lead out of ``folder``,
    as those of a user's own data.
    """

    id: str
    row: dict[str, Any] = field(repr=False)
    folder: Path = field(repr=False)
    group: str
    capability: Capability = field(repr=False)
    origin: str
    clusters: Clusters = "given"
    anywhere: bool = False

    @cached_property
    def inputs(self) -> tuple[Any, ...]:
        """The positional inputs of the capability's call: a path (or a list or dict of them) for sound, None for an absent one."""
        return tuple(self._input(kind, column) for kind, column in self.capability.inputs)

    def reference(self) -> Any:
        """The reference, as the capability reads it; None if a column it needs is absent.

        Raises `BadManifest` if it is malformed, or has times behind the end of the sound.
        """
        try:
            reference = self.capability.reference(self.row, self.resolve)
            self._require_within(self.capability.latest(reference))
            return reference
        except (BadAudio, BadManifest) as error:
            raise _at(self.origin, error) from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            absent = {column.name for column in self.capability.columns} - set(self.row)
            if isinstance(error, KeyError) and error.args[0] in absent:
                self._require_all_or_nothing(error.args[0])
                return None
            columns = ", ".join(f"{column.name} = {column.meaning}" for column in self.capability.columns)
            raise BadManifest(f"{self.origin}: the reference cannot be read ({error}); expected columns: {columns}") from None

    @cached_property
    def duration(self) -> float:
        """Seconds of sound in all inputs that are one sound, together; 0 for text alone."""
        named = zip(self.capability.inputs, self.inputs, strict=True)
        durations = {"audio": self.row["duration"]} if "duration" in self.row else {}
        return sum(float(durations.get(column) or seconds(path) or 0.0) for (_, column), path in named if isinstance(path, Path))

    def _require_all_or_nothing(self, absent: str) -> None:
        """Raises `BadManifest` if the row has only part of the reference, without the column ``absent``."""
        inputs = {column for _, column in self.capability.inputs}
        parts = [column.name for column in self.capability.columns if column.required and not column.constant]
        if there := [name for name in parts if name in self.row and name not in inputs]:
            missing = next(column for column in self.capability.columns if column.name == absent)
            raise BadManifest(
                f"{self.origin}: column {there[0]!r} is there and {absent!r} is not; add {absent}: {missing.meaning}"
            )

    def _require_within(self, latest: float) -> None:
        """Raises `BadManifest` if ``latest`` is after the end of ``audio``; skipped if the file has been removed since."""
        name = self.row.get("audio")
        if not latest or not isinstance(name, str) or not (self.folder / name).is_file():
            return
        length = seconds(self.resolve(name))
        if length is not None and latest > length + SLACK_S:
            units = {1000: " (these look like milliseconds)", 200_000: " (these look like sample numbers)"}
            unit = next((clause for factor, clause in units.items() if 10 * length < latest <= factor * (length + SLACK_S)), "")
            raise BadManifest(
                f"the reference ends at {latest:g} s and {name} lasts {length:.3f} s; expected times in seconds within the sound{unit}"
            )

    def resolve(self, value: str) -> Path:
        """The file that a column names, relative to the manifest.

        Raises `BadManifest` if it is missing, or outside the folder where that is not allowed.
        """
        try:
            return paths.anywhere(self.folder, value) if self.anywhere else paths.inside(self.folder, value)
        except BadManifest as error:
            raise _at(self.origin, error) from None

    def _input(self, kind: str, column: str) -> Any:
        value = self.row.get(column)
        if value is None:
            if any(definition.name == column and not definition.required for definition in self.capability.columns):
                return None
            raise _missing(self.origin, column, self.capability)
        if kind == "audio":
            return mapped(value, self.resolve)
        if kind == "text":
            try:
                return readers.text(self.row, column)
            except BadManifest as error:
                raise _at(self.origin, error) from None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise BadManifest(f"{self.origin}: column {column!r} is {readers.described(value)}; expected a number")
        return value


def read(path: Path, capability: Capability, described: bool = False, anywhere: bool = False) -> list[Sample]:
    """The samples of a manifest, in its order. Blank lines are skipped.

    ``described``: a card says what the clusters are, so that a row without a group is one. ``anywhere``: its files may be outside its
    folder, as those of a user's own data. Raises `BadManifest`, naming file and line, for a line that is not a JSON object, an absent or repeated id, an absent or ill-typed input column, a column that was
    meant to be another (`columns.check_names`), a path that is no file, or none inside the manifest's folder, one name in two
    spellings, rows that differ where they must not, and for a manifest without samples.
    """
    content = content_of(path, "a JSONL manifest")
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:40]
    if start[:1] not in (b"", b"{", b"\xff", b"\xfe"):
        raise BadManifest(
            f"{path} begins with {start.splitlines()[0].decode('utf-8', 'replace')!r} and not with a JSON object; "
            f"if it is data of another format, convert it: model-lab import {quote(str(path))} --out {quote(path.stem)}.jsonl"
        )
    folder = path.parent.resolve()
    samples: dict[str, Sample] = {}
    for number, row in jsonl.rows(content, path):
        present = {column: value for column, value in row.items() if value is not None}
        sample = sample_of(present, folder, capability, f"{path}:{number}", described, anywhere)
        if sample.id in samples:
            first = samples[sample.id].origin.rpartition(":")[2]
            raise BadManifest(f"{sample.origin}: id {sample.id!r} is already used in line {first}; make it unique")
        samples[sample.id] = sample
    if not samples:
        raise BadManifest(f"{path} holds no samples; expected one JSON object a line")
    listed = list(samples.values())
    for column in ("group", "speaker", *(definition.name for definition in capability.columns if definition.names)):
        named = {value for sample in listed if isinstance(value := sample.row.get(column), str)}
        readers.distinct(named, f"{path}: column {column!r}")
    for column in (definition.name for definition in capability.columns if definition.constant):
        if other := next((sample for sample in listed if sample.row.get(column) != listed[0].row.get(column)), None):
            raise BadManifest(
                f"{other.origin}: column {column!r} is not that of {listed[0].origin}; expected the same in every row"
            )
    return listed


def check(samples: list[Sample]) -> int:
    """Read every reference once, and return the number of samples without one.

    For data of users, before a model is loaded: it also reads the sound files of references. Raises `BadManifest` for the first
    malformed reference, for a ``duration`` that differs from the sound's, and if no row has a reference and there are unknown columns.
    """
    for sample in samples:
        _require_duration(sample)
    without = sum(sample.reference() is None for sample in samples)
    if without == len(samples) and (strange := unused(samples)):
        capability = samples[0].capability
        inputs = {column for _, column in capability.inputs}
        labels = [column for column in capability.columns if column.name not in inputs]
        expected = [column.name for column in labels if column.required] or [column.name for column in labels]
        raise BadManifest(
            f"{samples[0].origin.rpartition(':')[0]}: no row has a reference: expected {', '.join(expected)}; found {', '.join(strange)}"
        )
    return without


def unused(samples: list[Sample]) -> tuple[str, ...]:
    """Columns that no capability reads."""
    return columns.unused((sample.row for sample in samples), samples[0].capability.columns if samples else ())


def _require_duration(sample: Sample) -> None:
    duration, name = sample.row.get("duration"), sample.row.get("audio")
    if duration is not None and isinstance(name, str) and ("audio", "audio") in sample.capability.inputs:
        length = seconds(sample.resolve(name))
        if length is not None and abs(duration - length) > rounding_s(length):
            raise BadManifest(
                f"{sample.origin}: column 'duration' is {duration} and {name} lasts {length:.3f} s; correct it or leave it out"
            )


def rounding_s(length: float) -> float:
    """By how many seconds a stated duration may differ from a sound's ``length``."""
    return 0.1 + 0.01 * length


def fingerprint(samples: list[Sample]) -> str:
    """A revision for data that has no card: 12 hex digits that change with any row or any byte of an input file."""
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(json.dumps(sample.row, sort_keys=True).encode())
        mapped(sample.inputs, partial(_add_file, digest))
    return digest.hexdigest()[:12]


def _add_file(digest: Any, leaf: Any) -> None:
    if isinstance(leaf, Path):
        with leaf.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())


def sample_of(
    row: dict[str, Any], folder: Path, capability: Capability, origin: str, described: bool = False, anywhere: bool = False
) -> Sample:
    """The sample of one row without null columns. Raises `BadManifest` as `read` does for a row."""
    columns.check_names(row, capability, origin, clustered=described or "group" in row)
    _require_inputs(row, capability, origin)
    name = _id(row, origin)
    group, clusters = _cluster(row, name, origin, described)
    duration = row.get("duration", 1.0)
    if isinstance(duration, bool) or not isinstance(duration, (int, float)) or not 0 < duration < float("inf"):
        raise BadManifest(f"{origin}: column 'duration' is {duration!r}; expected a positive number of seconds")
    sample = Sample(name, row, folder, group, capability, origin, clusters, anywhere)
    _ = sample.inputs  # raises what is wrong with them
    return sample


def _at(origin: str, error: BadAudio | BadManifest) -> BadManifest:
    """The error of a row, with its file and line."""
    message = str(error)
    return BadManifest(message if message.startswith(origin) else f"{origin}: {message}")


def _missing(origin: str, column: str, capability: Capability) -> BadManifest:
    return BadManifest(f"{origin}: column {column!r} is missing; {capability.name} needs it in every row")


def _require_inputs(row: dict[str, Any], capability: Capability, origin: str) -> None:
    """Raises `BadManifest` for a row that lacks an input, or has several sounds in place of one."""
    optional = {column.name for column in capability.columns if not column.required}
    for (kind, column), example in zip(capability.inputs, _example(capability), strict=True):
        if column not in row and column not in optional:
            raise _missing(origin, column, capability)
        if kind == "audio" and isinstance(example, Audio) and not isinstance(row.get(column, ""), str):
            raise BadManifest(
                f"{origin}: column {column!r} is {readers.described(row[column])}; expected the path of one sound file"
            )


@lru_cache(maxsize=64)
def _example(capability: Capability) -> tuple[Any, ...]:
    """What each input of a capability looks like."""
    return capability.example().inputs


def _cluster(row: dict[str, Any], name: str, origin: str, described: bool) -> tuple[str, Clusters]:
    try:
        named = {column: readers.name(row, column) for column in ("group", "speaker") if column in row}
    except BadManifest as error:
        raise _at(origin, error) from None
    if "group" in row or described:
        return named.get("group", name), "given"
    return (named["speaker"], "speaker") if "speaker" in row else (name, "unknown")


def _id(row: dict[str, Any], origin: str) -> str:
    name = row.get("id")
    if name is None and isinstance(row.get("audio"), str):
        name = utf8(Path(row["audio"]).stem)
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if name is None or name == "":
        raise BadManifest(f"{origin}: column 'id' is missing, and there is no 'audio' to take it from; add an id")
    if not isinstance(name, str):
        raise BadManifest(f"{origin}: column 'id' is {name!r}; expected text")
    return name


def seconds(path: Path) -> float | None:
    """Duration of a file, counted by decoding it; None if it cannot be decoded, which fails when it is read for a model."""
    stat = path.stat()
    return _counted(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1 << 16)
def _counted(path: Path, changed_ns: int, size: int) -> float | None:
    """The seconds of a file as it was then."""
    try:
        return sound_files.seconds(path)
    except BadAudio:
        return None

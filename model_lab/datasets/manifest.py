"""A manifest is a JSONL file: one sample a line, with the columns its capability asks for; sound files lie beside it.

The same reader serves the built datasets and the user's own data. Columns that every capability knows: ``id`` (the stem of
``audio`` if absent), ``group`` (what the bootstrap resamples together: a speaker, a recording; the id if absent) and
``duration`` (seconds of ``audio``; looked up in the file if absent). A column that is ``null`` counts as absent.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from model_lab.capabilities import Capability
from model_lab.errors import BadAudio, BadManifest
from model_lab.types import mapped


@dataclass(frozen=True)
class Sample:
    """One line of a manifest: a question of ``capability`` and, where the row has it, its truth.

    ``row`` holds the line's columns, ``folder`` is where its paths start (resolved), ``group`` is the bootstrap's cluster,
    ``origin`` is ``FILE:LINE`` for messages.
    """

    id: str
    row: dict[str, Any] = field(repr=False)
    folder: Path = field(repr=False)
    group: str
    capability: Capability = field(repr=False)
    origin: str

    @cached_property
    def inputs(self) -> tuple[Any, ...]:
        """The positional inputs of the capability's call: a path (or a list or dict of them) for sound, None for an absent one."""
        return tuple(self._input(kind, column) for kind, column in self.capability.inputs)

    def reference(self) -> Any:
        """The truth, as the capability reads it; None if a column it needs is absent. Raises `BadManifest` if it is malformed."""
        try:
            return self.capability.reference(self.row, self.resolve)
        except (BadAudio, BadManifest) as error:
            said = str(error)
            raise BadManifest(said if said.startswith(self.origin) else f"{self.origin}: {said}") from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            names = {column.name for column in self.capability.columns}
            if isinstance(error, KeyError) and error.args[0] in names - set(self.row):
                return None
            columns = ", ".join(f"{column.name} = {column.meaning}" for column in self.capability.columns)
            raise BadManifest(f"{self.origin}: the truth cannot be read ({error}); expected columns: {columns}") from None

    @cached_property
    def duration(self) -> float:
        """Seconds of sound in all inputs that are one sound, together; 0 for text alone."""
        named = zip(self.capability.inputs, self.inputs, strict=True)
        known = {"audio": self.row["duration"]} if "duration" in self.row else {}
        return sum(float(known.get(column) or _seconds(path)) for (_, column), path in named if isinstance(path, Path))

    def resolve(self, value: str) -> Path:
        """The file that a column names, relative to the manifest; raises `BadManifest` if it is outside the folder or missing."""
        if not isinstance(value, str) or not value:
            raise BadManifest(f"{self.origin}: a path is {value!r}; expected the name of a file, relative to the manifest")
        try:
            path = (self.folder / value).resolve()
            if Path(value).is_absolute() or not path.is_relative_to(self.folder):
                raise BadManifest(
                    f"{self.origin}: {value} is outside {self.folder}; put the file there and name it by a relative path"
                )
            if not path.is_file():
                raise BadManifest(f"{self.origin}: {value} is not a file in {self.folder}; check the path")
        except (OSError, ValueError, RuntimeError) as error:
            raise BadManifest(f"{self.origin}: {value[:80]!r} is not a usable path ({error}); check it") from None
        return path

    def _input(self, kind: str, column: str) -> Any:
        value = self.row.get(column)
        if value is None:
            if any(known.name == column and not known.required for known in self.capability.columns):
                return None
            raise BadManifest(f"{self.origin}: column {column!r} is missing; {self.capability.name} needs it in every row")
        if kind == "audio":
            return mapped(value, self.resolve)
        wanted = str if kind == "text" else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise BadManifest(
                f"{self.origin}: column {column!r} is {value!r}; expected {'text' if kind == 'text' else 'a number'}"
            )
        return value


def read(path: Path, capability: Capability) -> list[Sample]:
    """The samples of a manifest, in its order. Blank lines are skipped.

    Raises `BadManifest`, naming file and line, for a line that is not a JSON object, an absent or repeated id, an absent or
    ill-typed input column, a path that is not a file inside the manifest's folder, and for a manifest without samples.
    """
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise BadManifest(f"{path} cannot be read ({error.strerror}); expected a JSONL manifest") from None
    folder = path.parent.resolve()
    samples: dict[str, Sample] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        sample = _sample(_row(line, f"{path}:{number}"), folder, capability, f"{path}:{number}")
        if sample.id in samples:
            first = samples[sample.id].origin.rpartition(":")[2]
            raise BadManifest(f"{sample.origin}: id {sample.id!r} is already used in line {first}; make it unique")
        samples[sample.id] = sample
    if not samples:
        raise BadManifest(f"{path} holds no samples; expected one JSON object a line")
    return list(samples.values())


def check(samples: list[Sample]) -> int:
    """Read every truth once, and return how many samples have none; raises `BadManifest` for the first malformed one.

    For data from outside, before a model is loaded: it also reads the sound files that are part of a truth.
    """
    return sum(sample.reference() is None for sample in samples)


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


def _row(line: bytes, origin: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadManifest(f"{origin}: not UTF-8; save the manifest as UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadManifest(f"{origin}: not JSON ({error.msg} at column {error.colno}); expected one object a line") from None
    except (RecursionError, ValueError) as error:
        raise BadManifest(f"{origin}: not usable JSON ({error}); expected one object a line") from None
    if not isinstance(row, dict):
        raise BadManifest(f"{origin}: a {type(row).__name__}; expected a JSON object with the sample's columns")
    return {key: value for key, value in row.items() if value is not None}


def _sample(row: dict[str, Any], folder: Path, capability: Capability, origin: str) -> Sample:
    name = _id(row, origin)
    group = row.get("group", name)
    if not isinstance(group, str):
        raise BadManifest(f"{origin}: column 'group' is {group!r}; expected text")
    duration = row.get("duration", 1.0)
    if isinstance(duration, bool) or not isinstance(duration, (int, float)) or not 0 < duration < float("inf"):
        raise BadManifest(f"{origin}: column 'duration' is {duration!r}; expected a positive number of seconds")
    sample = Sample(name, row, folder, group, capability, origin)
    _ = sample.inputs  # raises what is wrong with them
    return sample


def _id(row: dict[str, Any], origin: str) -> str:
    name = row.get("id")
    if name is None and isinstance(row.get("audio"), str):
        name = Path(row["audio"]).stem
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if name is None or name == "":
        raise BadManifest(f"{origin}: column 'id' is missing, and there is no 'audio' to take it from; add an id")
    if not isinstance(name, str):
        raise BadManifest(f"{origin}: column 'id' is {name!r}; expected text")
    return name


def _seconds(path: Path) -> float:
    """How long a sound file is: from its header where libsndfile reads it, else by decoding it."""
    import soundfile

    from model_lab import audio

    try:
        return float(soundfile.info(path).duration)
    except soundfile.LibsndfileError:
        return audio.read(path).duration

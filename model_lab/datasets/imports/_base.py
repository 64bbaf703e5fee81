"""What the reader of a format is: it recognises data by what is there, and yields rows of a manifest.

A row has the names of manifest columns. Files are given as `Path`, parts of recordings as `Excerpt`, and sound that is inside another
file as `Encoded`, also within the lists and dicts of columns that name several; `writing` turns them into paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from model_lab.capabilities import Capability, capabilities
from model_lab.datasets import paths
from model_lab.datasets.sound_files import Encoded as Encoded
from model_lab.errors import BadAudio, BadManifest

ImportRow: TypeAlias = dict[str, Any]
"""A row of a manifest, with `Path`, `Excerpt` or `Encoded` for each file."""

SOUNDS = (
    ".wav",
    ".flac",
    ".mp3",
    ".ogg",
    ".opus",
    ".m4a",
    ".aac",
    ".aif",
    ".aiff",
    ".sph",
    ".webm",
    ".mp4",
    ".wma",
    ".w64",
    ".caf",
    ".au",
)
"""Suffixes by which sound files are looked for in folders; what a file holds is decided by its content when it is read."""


@dataclass(frozen=True)
class Excerpt:
    """A part of a recording, from ``start_s`` to ``end_s`` in seconds.

    ``end_s`` None is the recording's end. ``channel`` counts from 1; 0 keeps them all.
    """

    path: Path
    start_s: float
    end_s: float | None
    channel: int = 0


@dataclass(frozen=True)
class ImportOptions:
    """How data is to be read: manifest column -> source column where that is not to be guessed, and the capability, if it is known."""

    columns: Mapping[str, str] = field(default_factory=dict)
    capability: Capability | None = None


def _no_notes(path: Path, options: ImportOptions) -> list[str]:
    return []


@dataclass(frozen=True)
class ImportFormat:
    """A format of data.

    Attributes:
        name: What ``--as`` takes: ``kaldi``.
        title: What it is called: ``Kaldi data directory``.
        expects: What shows it, for messages: ``wav.scp``.
        recognises: Whether a path holds it; quick, by what is there, never by a suffix alone.
        read: The rows. Called anew for every pass over the data.
        item: What a row is, in the singular: ``utterance``.
        notes: Clauses on what was chosen in reading: columns, a split.
        mapped: Whether ``--columns`` applies.
        general: Whether a more specific format is preferred without asking.
    """

    name: str
    title: str
    expects: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, ImportOptions], Iterator[ImportRow]]
    item: str = "recording"
    notes: Callable[[Path, ImportOptions], list[str]] = _no_notes
    mapped: bool = False
    general: bool = False


def file_columns() -> frozenset[str]:
    """The names of all manifest columns that name files."""
    heard = {column for each in capabilities() for kind, column in each.inputs if kind == "audio"}
    return frozenset(heard | {column.name for each in capabilities() for column in each.columns if column.file})


@contextmanager
def at(origin: str) -> Iterator[None]:
    """Errors of a row begin with its file and line."""
    try:
        yield
    except (BadAudio, BadManifest) as error:
        message = str(error)
        raise BadManifest(message if message.startswith(origin) else f"{origin}: {message}") from None


def located(row: Mapping[str, Any], folder: Path, origin: str) -> ImportRow:
    """The row with the files that its columns name, relative to ``folder`` or absolute."""
    names = file_columns()
    with at(origin):
        return {column: _located(value, folder) if column in names else value for column, value in row.items()}


def _located(value: Any, folder: Path) -> Any:
    if isinstance(value, dict):
        return {name: _located(each, folder) for name, each in value.items()}
    if isinstance(value, list):
        return [_located(each, folder) for each in value]
    return paths.anywhere(folder, value) if isinstance(value, str) else value


def first_line(path: Path, limit: int = 1 << 16) -> str:
    """The first line of a text file that is not blank; empty if the file has none, or is not text."""
    try:
        with path.open("rb") as stream:
            head = decoded_or_empty(stream.read(limit))
    except OSError:
        return ""
    return next((line.strip() for line in head.splitlines() if line.strip()), "")


def decoded_or_empty(content: bytes) -> str:
    """The beginning of a text file as text; empty if it is not text in UTF-8 or UTF-16."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content[: len(content) // 2 * 2].decode("utf-16", "replace")
    text = content.decode("utf-8-sig", "replace")
    return "" if "\0" in text or "�" in text[:-4] else text


def sounds_in(folder: Path) -> list[Path]:
    """The sound files in a folder and those below it, in the order of their names; hidden ones are left out."""
    listed = sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix())
    return [
        path
        for path in listed
        if path.suffix.lower() in SOUNDS
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]

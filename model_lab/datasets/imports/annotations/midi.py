"""Music with MIDI files: the notes that are played."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow, sounds_in
from model_lab.datasets.imports.annotations import pairing, rows
from model_lab.datasets.imports.annotations.pairing import Pairs
from model_lab.formats import midi
from model_lab.types import Note

_TITLE = "Music with MIDI"
_SUFFIXES = (".mid", ".midi")
_BUILDERS: rows.Builders[tuple[Note, ...]] = {"music_transcription": rows.notes}


def recognises(path: Path) -> bool:
    """Whether there are MIDI files, by their first bytes, and sound files."""
    listed = pairing.files(path, _SUFFIXES)
    return any(_begins(each) for each in listed[:20]) and bool(sounds_in(path if path.is_dir() else path.parent))


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A recording a row with its notes."""
    yield from rows.built(_BUILDERS, _pairs(path).recordings, options, _TITLE)


def _pairs(path: Path) -> Pairs[tuple[Note, ...]]:
    return pairing.by_file(path, pairing.files(path, _SUFFIXES), midi.read)


def _notes(path: Path, options: ImportOptions) -> list[str]:
    return _pairs(path).notes()


def _begins(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"MThd"


FORMAT = ImportFormat("midi", _TITLE, "sound files and .mid files", recognises, read, notes=_notes)

"""Sound files with CTM: a word a line with its time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow
from model_lab.datasets.imports.annotations import pairing, rows
from model_lab.datasets.imports.annotations.pairing import Pairs
from model_lab.formats import ctm
from model_lab.types import Word

_TITLE = "Sound with CTM"
_BUILDERS: rows.Builders[tuple[Word, ...]] = {
    "asr": rows.transcript,
    "asr_stream": rows.transcript,
    "alignment": rows.words,
}


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A recording a row: its text, and the times of its words for alignment."""
    yield from rows.built(_BUILDERS, _pairs(path).recordings, options, _TITLE)


def _pairs(path: Path) -> Pairs[tuple[Word, ...]]:
    return pairing.by_name(path, pairing.files(path, [".ctm"]), ctm.read)


def _notes(path: Path, options: ImportOptions) -> list[str]:
    return _pairs(path).notes()


def _fits(line: str) -> bool:
    return line.startswith(";;") or 5 <= len(line.split()) <= 8


FORMAT = ImportFormat(
    "ctm", _TITLE, "sound files and .ctm files", partial(pairing.has, suffixes=[".ctm"], fits=_fits), read, notes=_notes
)

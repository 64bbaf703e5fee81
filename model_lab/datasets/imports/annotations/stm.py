"""Sound files with STM: who says what in which stretch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow
from model_lab.datasets.imports.annotations import pairing, rows
from model_lab.datasets.imports.annotations.pairing import Pairs
from model_lab.formats import SpokenSegment, stm

_TITLE = "Sound with STM"
_BUILDERS: rows.Builders[tuple[SpokenSegment, ...]] = {
    "asr": rows.utterances,
    "asr_stream": rows.utterances,
    "diarization": rows.spoken_turns,
    "vad": rows.speech,
}


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A segment a row for recognition, else a recording a row."""
    yield from rows.built(_BUILDERS, _pairs(path).recordings, options, _TITLE)


def _pairs(path: Path) -> Pairs[tuple[SpokenSegment, ...]]:
    return pairing.by_name(path, pairing.files(path, [".stm"]), stm.read)


def _notes(path: Path, options: ImportOptions) -> list[str]:
    pairs = _pairs(path)
    return [*pairs.notes(), *rows.without_text(pairs.recordings, options.capability)]


def _fits(line: str) -> bool:
    return line.startswith(";;") or len(line.split()) >= 5


FORMAT = ImportFormat(
    "stm", _TITLE, "sound files and .stm files", partial(pairing.has, suffixes=[".stm"], fits=_fits), read, "sample", _notes
)

"""Sound files with subtitles, SRT or WebVTT: what is said in which stretch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow
from model_lab.datasets.imports.annotations import pairing, rows
from model_lab.datasets.imports.annotations.pairing import Pairs
from model_lab.formats import SpokenSegment, srt, vtt

_TITLE = "Sound with subtitles"
_SUFFIXES = (".srt", ".vtt")
_BUILDERS: rows.Builders[tuple[SpokenSegment, ...]] = {
    "asr": rows.utterances,
    "asr_stream": rows.utterances,
    "vad": rows.speech,
    "diarization": rows.spoken_turns,
}


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A cue a row for recognition, else a recording a row."""
    yield from rows.built(_BUILDERS, _pairs(path).recordings, options, _TITLE)


def _pairs(path: Path) -> Pairs[tuple[SpokenSegment, ...]]:
    return pairing.by_file(path, pairing.files(path, _SUFFIXES), _read)


def _read(path: Path) -> tuple[SpokenSegment, ...]:
    return srt.read(path) if path.suffix.lower() == ".srt" else vtt.read(path)


def _notes(path: Path, options: ImportOptions) -> list[str]:
    pairs = _pairs(path)
    return [*pairs.notes(), *rows.without_text(pairs.recordings, options.capability)]


def _fits(line: str) -> bool:
    return line.startswith("WEBVTT") or line.isdigit() or "-->" in line


FORMAT = ImportFormat(
    "subtitles",
    _TITLE,
    "sound files and .srt or .vtt files",
    partial(pairing.has, suffixes=_SUFFIXES, fits=_fits),
    read,
    "sample",
    _notes,
)

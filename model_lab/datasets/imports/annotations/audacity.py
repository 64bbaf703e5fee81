"""Sound files with label tracks of Audacity: START, END and LABEL in a line, separated by tabs.

Source:
    Audacity manual, "Importing and Exporting Labels": times in seconds; a line that begins with a backslash holds the frequencies of a
    spectral selection and is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow, first_line
from model_lab.datasets.imports.annotations import pairing, rows
from model_lab.datasets.imports.annotations.pairing import Annotated, Pairs
from model_lab.errors import BadManifest
from model_lab.formats import SpokenSegment
from model_lab.formats.plain import lines
from model_lab.types import Turn

_TITLE = "Sound with Audacity labels"
_LINE = re.compile(r"(\d+(?:[.,]\d+)?)\t(\d+(?:[.,]\d+)?)(?:\t(.*))?")


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A label a row for recognition, else a recording a row; labels are texts, speakers, or mark speech or beats."""
    builders: rows.Builders[tuple[SpokenSegment, ...]] = {
        "asr": rows.utterances,
        "asr_stream": rows.utterances,
        "vad": rows.speech,
        "diarization": _turns,
        "tempo": _beats,
    }
    yield from rows.built(builders, _pairs(path).recordings, options, _TITLE)


def _turns(recording: Annotated[tuple[SpokenSegment, ...]]) -> list[ImportRow]:
    named = [Turn(each.start, each.end, each.text or "speaker") for each in recording.content]
    return rows.turns(Annotated(recording.name, recording.sound, named))


def _beats(recording: Annotated[tuple[SpokenSegment, ...]]) -> list[ImportRow]:
    return [rows.whole(recording, beats=sorted({each.start for each in recording.content}))]


def _pairs(path: Path) -> Pairs[tuple[SpokenSegment, ...]]:
    listed = [each for each in pairing.files(path, [".txt"]) if path.is_file() or _fits(first_line(each))]
    return pairing.by_file(path, listed, _labels)


def _labels(path: Path) -> tuple[SpokenSegment, ...]:
    labels = []
    for number, line in lines(path):
        if line.startswith("\\"):
            continue
        if (match := _LINE.fullmatch(line)) is None:
            raise BadManifest(
                f"{path}:{number}: {line[:60]!r} is no label of Audacity; expected START, END and a label between tabs"
            )
        start, end = (float(time.replace(",", ".")) for time in match.groups()[:2])
        if end < start:
            raise BadManifest(f"{path}:{number}: the label is from {start:g} to {end:g} s; expected start <= end")
        labels.append(SpokenSegment(start, end, (match[3] or "").strip()))
    return tuple(labels)


def _notes(path: Path, options: ImportOptions) -> list[str]:
    pairs = _pairs(path)
    return [*pairs.notes(), *rows.without_text(pairs.recordings, options.capability)]


def _fits(line: str) -> bool:
    return _LINE.fullmatch(line) is not None


FORMAT = ImportFormat(
    "audacity",
    _TITLE,
    "sound files and .txt label tracks",
    partial(pairing.has, suffixes=[".txt"], fits=_fits),
    read,
    "sample",
    _notes,
)

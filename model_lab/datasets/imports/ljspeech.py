"""LJSpeech: ``metadata.csv`` with lines ``id|text|normalised text``, beside a folder ``wavs``.

Source:
    Keith Ito and Linda Johnson, The LJ Speech Dataset (https://keithito.com/LJ-Speech-Dataset/). Also written for TTS trainers such as Coqui
    and Piper, with two columns, or a speaker between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_lab.datasets import paths
from model_lab.datasets.imports import _tables
from model_lab.datasets.imports._base import SOUNDS, ImportFormat, ImportOptions, ImportRow, at, first_line
from model_lab.errors import BadManifest


def recognises(path: Path) -> bool:
    """Whether there is a metadata.csv with bars, and a folder wavs beside it."""
    table = _table(path)
    return table.is_file() and (table.parent / "wavs").is_dir() and 1 <= first_line(table).count("|") <= 2


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A recording a row; its text is the last column, where numbers and abbreviations are written out."""
    table = _table(path)
    for number, line in enumerate(_tables.text_of(table).splitlines(), 1):
        if line.strip():
            with at(f"{table}:{number}"):
                name, *texts = line.split("|")
                if not 1 <= len(texts) <= 2:
                    raise BadManifest(f"{len(texts) + 1} columns; expected id|text or id|text|normalised text")
                yield {"id": name, "audio": _sound(table.parent / "wavs", name), "text": texts[-1] or texts[0]}


def _sound(folder: Path, name: str) -> Path:
    named = (folder / f"{name}{suffix}" for suffix in ("", *SOUNDS))
    return next((path.resolve() for path in named if path.is_file()), None) or paths.anywhere(folder.resolve(), f"{name}.wav")


def _table(path: Path) -> Path:
    return path / "metadata.csv" if path.is_dir() else path


FORMAT = ImportFormat("ljspeech", "LJSpeech folder", "metadata.csv with bars beside wavs/", recognises, read)

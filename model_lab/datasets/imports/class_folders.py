"""Folders of sound files that are called like the class of what is in them: ``dog/1.wav``, also in a folder for each split."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow, sounds_in
from model_lab.datasets.imports.audiofolder import SPLITS, split_notes
from model_lab.errors import BadManifest


def recognises(path: Path) -> bool:
    """Whether a folder has at least two folders of sound files and nothing beside them."""
    return path.is_dir() and len(_classes(_root(path))) > 1


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A sound file a row; its folder is the label, or the language or speaker where that is what the capability asks for."""
    root = _root(path)
    classes = _classes(root)
    if not classes:
        raise BadManifest(f"{path} has no folders of sound files; expected CLASS/RECORDING.wav")
    for folder in classes:
        for sound in sounds_in(folder):
            name = sound.relative_to(root).with_suffix("").as_posix()
            yield {"id": name, "audio": sound.resolve(), _column(options): folder.name}


def notes(path: Path, options: ImportOptions) -> list[str]:
    """Which split was read."""
    return split_notes(path, _root(path))


def _column(options: ImportOptions) -> str:
    names = {column.name for column in options.capability.columns} if options.capability else {"label"}
    return next((name for name in ("label", "speaker", "language") if name in names), "label")


def _classes(root: Path) -> list[Path]:
    """The folders of sound files; none if there are sound files beside them."""
    entries = sorted(entry for entry in root.iterdir() if not entry.name.startswith("."))
    folders = [entry for entry in entries if entry.is_dir()]
    beside = any(entry.parent == root for entry in sounds_in(root)) if folders else True
    return [] if beside else [folder for folder in folders if sounds_in(folder)]


def _root(path: Path) -> Path:
    """The folder of the classes: a split where all folders are splits, else the folder itself."""
    folders = {entry.name for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith(".")}
    return path / next(name for name in SPLITS if name in folders) if folders and folders <= set(SPLITS) else path


FORMAT = ImportFormat(
    "class_folders", "folders of classes", "folders CLASS/RECORDING.wav", recognises, read, notes=notes, general=True
)

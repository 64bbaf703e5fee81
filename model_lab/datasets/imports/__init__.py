"""A user's own data in any format, as a manifest: recognised by what is there, and written to the cache where it is not one already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from model_lab import cache, downloads
from model_lab.capabilities import Capability
from model_lab.datasets.imports import (
    audiofolder,
    class_folders,
    common_voice,
    jsonl,
    kaldi,
    lhotse,
    ljspeech,
    nemo,
    saved_dataset,
    table,
    trials,
    webdataset,
    writing,
)
from model_lab.datasets.imports._base import Encoded, Excerpt, ImportFormat, ImportOptions, ImportRow, first_line
from model_lab.datasets.imports.annotations import ANNOTATIONS
from model_lab.downloads import Progress, quiet
from model_lab.errors import BadConfig, BadManifest, UnknownName, nearest

__all__ = [
    "FORMATS",
    "Encoded",
    "Excerpt",
    "ImportFormat",
    "ImportOptions",
    "ImportRow",
    "ImportedData",
    "export",
    "manifest_to_check",
    "materialise",
    "recognise",
]

FORMATS: tuple[ImportFormat, ...] = (
    kaldi.FORMAT,
    lhotse.FORMAT,
    saved_dataset.FORMAT,
    webdataset.FORMAT,
    common_voice.FORMAT,
    ljspeech.FORMAT,
    audiofolder.FORMAT,
    nemo.FORMAT,
    trials.FORMAT,
    *ANNOTATIONS,
    jsonl.FORMAT,
    table.FORMAT,
    class_folders.FORMAT,
)
"""All formats, the more specific first."""


@dataclass(frozen=True)
class ImportedData:
    """Data as a manifest.

    Attributes:
        source: The data.
        manifest: The manifest; the data itself where it is one.
        description: What was recognised: ``Kaldi data directory, 2,703 utterances, 40 speakers``.
    """

    source: Path
    manifest: Path
    description: str = ""


def recognise(path: Path, as_: str = "") -> ImportFormat:
    """The format of data; ``as_`` names it where it is not to be recognised.

    Raises `BadManifest` if there is nothing, or nothing that is known, or several formats in one folder; `UnknownName` for a format
    that does not exist.
    """
    if as_:
        return _named(as_)
    if not path.exists() and not webdataset.recognises(path):
        raise BadManifest(f"{path} cannot be read (No such file or directory); expected your data, a file or a folder")
    fitting = [each for each in FORMATS if each.recognises(path)] if path.exists() else [webdataset.FORMAT]
    specific = [each for each in fitting if not each.general]
    if path.is_dir() and len(specific) > 1:
        titles = " and ".join(f"a {each.title}" for each in specific)
        raise BadManifest(f"{path} is {titles}; choose one: {' or '.join(f'--as {each.name}' for each in specific)}")
    if fitting:
        return fitting[0]
    if path.suffix.lower() == ".jsonl" or not (path.is_dir() or path.is_file()):
        return jsonl.FORMAT  # whose reader says what is wrong with it; a pipe is read once
    known = ", ".join(f"{each.title} ({each.expects})" for each in FORMATS)
    raise BadManifest(
        f"{path} is no data that is recognised: it {_contents(path)}; expected one of: {known}; choose with --as NAME"
    )


def materialise(
    path: Path,
    as_: str = "",
    columns: Mapping[str, str] | None = None,
    capability: Capability | None = None,
    progress: Progress = quiet,
) -> ImportedData:
    """The data as a manifest, written to the cache unless it is one already.

    Args:
        path: The data.
        as_: Name of its format; "" to recognise it.
        columns: Manifest column -> column of the data, where that is not to be guessed.
        capability: What it is for, where that is known: its columns are looked for, and completed.
        progress: Told of the recordings that are cut.

    Returns:
        The manifest, and what was recognised.

    Raises:
        BadManifest: If the data is of no known format, or has faults that keep it from being read.
        BadConfig: If ``columns`` does not apply.
    """
    form, options = recognise(path, as_), ImportOptions(columns or {}, capability)
    if form is jsonl.FORMAT and not columns and (ready := _ready(path, capability)):
        return ready
    surveyed = _survey(form, path, options)
    name = writing.safe_name(path.resolve().stem if path.is_file() else path.resolve().name)
    folder = cache.folder("imports", f"{name}-{surveyed.key}")

    def build(partial: Path) -> None:
        writing.write(_rows(form, path, options), surveyed, partial / f"{name}.jsonl", partial / "audio", progress)

    manifest = downloads.once(folder, build) / f"{name}.jsonl"
    return ImportedData(path, manifest, _described(form, surveyed.tally, form.notes(path, options)))


def manifest_to_check(
    path: Path, as_: str, columns: Mapping[str, str], capability: Capability, progress: Progress = quiet
) -> ImportedData:
    """The data as a manifest, as `materialise`, but a manifest with faulty rows is taken as it is: they are to be checked one by one."""
    try:
        return materialise(path, as_, columns, capability, progress)
    except BadManifest:
        if columns or not path.is_file() or recognise(path, as_) is not jsonl.FORMAT or first_line(path).startswith("["):
            raise
        return ImportedData(path, path, jsonl.FORMAT.title)


def export(
    path: Path,
    out: Path,
    as_: str = "",
    columns: Mapping[str, str] | None = None,
    capability: Capability | None = None,
    progress: Progress = quiet,
) -> ImportedData:
    """Write the data as the manifest ``out``; sound that has no file of its own goes to the folder ``OUT_audio`` beside it."""
    form, options = recognise(path, as_), ImportOptions(columns or {}, capability)
    surveyed = _survey(form, path, options)
    writing.write(_rows(form, path, options), surveyed, out, out.with_name(f"{out.stem}_audio"), progress)
    return ImportedData(path, out, _described(form, surveyed.tally, form.notes(path, options)))


def _survey(form: ImportFormat, path: Path, options: ImportOptions) -> writing.Survey:
    if options.columns and not form.mapped:
        raise BadConfig(
            f"--columns names columns of a table, and {path} is read as {form.title}, which has none to choose; omit it"
        )
    try:
        return writing.survey(_rows(form, path, options), options.capability)
    except BadManifest as error:
        message = str(error)
        raise BadManifest(message if str(path) in message else f"{path}: {message}") from None


def _rows(form: ImportFormat, path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    return form.read(path, options)


def _ready(path: Path, capability: Capability | None) -> ImportedData | None:
    """The data itself where it is a manifest that lacks nothing; None otherwise."""
    if not path.is_file():
        return ImportedData(path, path, jsonl.FORMAT.title)
    if first_line(path).startswith("["):
        return None
    tally = writing.Tally()
    for _, row in jsonl.objects(path):
        tally.add(row)
    return None if tally.completion(capability) else ImportedData(path, path, _described(jsonl.FORMAT, tally, []))


def _described(form: ImportFormat, tally: writing.Tally, notes: list[str]) -> str:
    """What was recognised, with counts."""
    counts = [
        (tally.rows, form.item),
        (len(tally.values["speaker"]), "speaker"),
        (len(tally.values["label"]), "label"),
        (len(tally.values["language"]), "language"),
    ]
    numbers = [f"{count:,} {noun}{'s' * (count != 1)}" for count, noun in counts if count]
    return "; ".join([", ".join([form.title, *numbers]), *notes])


def _named(name: str) -> ImportFormat:
    formats = {each.name: each for each in FORMATS}
    if name not in formats:
        raise UnknownName(f"there is no format {name!r}{nearest(name, formats)}; --as takes {', '.join(formats)}")
    return formats[name]


def _contents(path: Path) -> str:
    if path.is_file():
        return f"begins with {first_line(path)[:60]!r}" if first_line(path) else "is empty or no text"
    names = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in path.iterdir())
    return (
        f"has {', '.join(names[:8])}{f' and {len(names) - 8} more' if len(names) > 8 else ''}" if names else "is an empty folder"
    )

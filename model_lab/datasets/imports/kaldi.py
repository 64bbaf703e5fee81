"""Kaldi and ESPnet data directories: ``wav.scp``, with ``text``, ``utt2spk``, ``segments`` and ``utt2lang`` where they are there.

Source:
    Kaldi, "Data preparation" (https://kaldi-asr.org/doc/data_prep.html). Commands in wav.scp are never run: where one only decodes a
    file, the file is read in its place.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from model_lab.datasets import paths
from model_lab.datasets.imports._base import Excerpt, ImportFormat, ImportOptions, ImportRow, at
from model_lab.errors import BadManifest, nearest
from model_lab.formats import plain

_ARCHIVE = re.compile(r"(^(scp,)?ark:)|(:\d+$)")
_LEVELS = 4
"""Relative paths start in the directory that Kaldi's scripts run in: the data directory or one of so many above it."""


class _Recording(NamedTuple):
    path: Path
    channel: int


def recognises(path: Path) -> bool:
    """Whether a folder has a wav.scp."""
    return path.is_dir() and (path / "wav.scp").is_file()


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """An utterance a row. Raises `BadManifest` for lines of another form, and utterances that one file has and another lacks."""
    recordings = {name: _recording(entry, path, origin) for name, entry, origin in _table(path / "wav.scp")}
    sounds = (
        _segments(path / "segments", recordings)
        if (path / "segments").is_file()
        else {
            name: recording.path if not recording.channel else Excerpt(recording.path, 0.0, None, recording.channel)
            for name, recording in recordings.items()
        }
    )
    columns = {
        "text": _values(path / "text", sounds),
        "speaker": _values(path / "utt2spk", sounds),
        "language": _values(path / "utt2lang", sounds),
    }
    if all(name == speaker for name, speaker in columns["speaker"].items()):
        del columns["speaker"]  # as Kaldi writes it where speakers are not known
    for name, sound in sounds.items():
        yield {"id": name, "audio": sound} | {column: values[name] for column, values in columns.items() if name in values}


def _table(path: Path) -> Iterator[tuple[str, str, str]]:
    """The name that begins each line, the rest of the line, and file and line for messages."""
    seen: set[str] = set()
    for number, line in plain.lines(path):
        name, _, rest = re.sub(r"[ \t]+", " ", line.strip(" \t"), count=1).partition(" ")
        origin = f"{path}:{number}"
        if name in seen:
            raise BadManifest(f"{origin}: {name} is there twice; expected one line for each")
        seen.add(name)
        yield name, rest.strip(" \t"), origin


def _values(path: Path, sounds: dict[str, Path | Excerpt]) -> dict[str, str]:
    """The values of a table by utterance; none if there is no such file."""
    if not path.is_file():
        return {}
    values = {name: value for name, value, _ in _table(path)}
    if unknown := next((name for name in values if name not in sounds), None):
        raise BadManifest(
            f"{path} has the utterance {unknown}, which wav.scp and segments have not{nearest(unknown, sounds)}; remove it or add its sound"
        )
    return values


def _segments(path: Path, recordings: dict[str, _Recording]) -> dict[str, Path | Excerpt]:
    """The part of a recording that each utterance is."""
    sounds: dict[str, Path | Excerpt] = {}
    for name, rest, origin in _table(path):
        try:
            recording, start, end = rest.split()
            first, last = float(start), float(end)
        except ValueError:
            raise BadManifest(
                f"{origin}: expected UTTERANCE RECORDING START END in seconds; this line is {name} {rest[:80]}"
            ) from None
        if recording not in recordings:
            raise BadManifest(f"{origin}: recording {recording} is not in wav.scp{nearest(recording, recordings)}; add it there")
        sound = recordings[recording]
        sounds[name] = Excerpt(sound.path, first, None if last == -1 else last, sound.channel)
    return sounds


def _recording(entry: str, folder: Path, origin: str) -> _Recording:
    """The file of an entry of wav.scp, and its channel from 1, or 0 for all."""
    with at(origin):
        if entry.endswith("|"):
            name, channel = _decoded_file(entry)
            return _Recording(_file(folder, name), channel)
        if _ARCHIVE.search(entry) and not (folder / entry).is_file():
            raise BadManifest(
                f"{entry} is a place in a Kaldi archive, which is not read; extract it: wav-copy scp:wav.scp ark,t:-"
            )
        return _Recording(_file(folder, entry), 0)


def _file(folder: Path, name: str) -> Path:
    bases = [folder, *folder.resolve().parents[:_LEVELS]]
    found = next((base / name for base in bases if name and (base / name).is_file()), None)
    return found.resolve() if found else paths.anywhere(folder, name)


def _decoded_file(entry: str) -> tuple[str, int]:
    """The file that a command of wav.scp decodes, and the channel it takes; raises `BadManifest` if it does anything else."""
    command = entry.rstrip("|").strip()
    try:
        program, *words = shlex.split(command)
        accepted = _COMMANDS[Path(program).name](words)
    except (KeyError, ValueError, IndexError):
        raise BadManifest(
            f"{command[:100]} is a command that does more than decode one file, and commands are never run; "
            "write its output to a file and name that in wav.scp"
        ) from None
    return accepted


def _flac(words: list[str]) -> tuple[str, int]:
    return _only(
        [
            word
            for word in words
            if word not in ("-c", "-d", "-s", "-cd", "-dc", "-dcs", "-cds", "--decode", "--stdout", "--silent")
        ]
    ), 0


def _sph2pipe(words: list[str]) -> tuple[str, int]:
    names, options = _split(words, {"-f", "-c"}, {"-p", "-a", "-u"})
    return _only([name for name in names if name != "-"]), int(options.get("-c", "0"))


def _sox(words: list[str]) -> tuple[str, int]:
    end = words.index("-") if "-" in words else -1
    names, _ = _split(words[:end], {"-t", "-r", "-b", "-c", "-e"}, {"-V1", "-V0", "-G", "-D", "-R", "--norm"} - {"--norm"})
    effects = [word for word in words[end + 1 :] if end >= 0]
    if end < 0 or effects not in ([], ["rate", "16k"], ["rate", "16000"], ["rate", "8k"], ["rate", "8000"], *_REMIXES):
        raise ValueError(effects)
    return _only(names), int(effects[1]) if effects[:1] == ["remix"] else 0


def _ffmpeg(words: list[str]) -> tuple[str, int]:
    valued = {"-i", "-f", "-ar", "-ac", "-acodec", "-c:a", "-codec:a", "-loglevel", "-v", "-threads", "-sample_fmt"}
    names, options = _split(words, valued, {"-nostdin", "-hide_banner", "-y", "-vn", "-nostats"})
    if _only(names) not in ("-", "pipe:", "pipe:1"):
        raise ValueError(names)
    return options["-i"], 0


def _cat(words: list[str]) -> tuple[str, int]:
    return _only(words), 0


_REMIXES = [["remix", str(channel)] for channel in range(1, 9)]
_COMMANDS = {"flac": _flac, "sph2pipe": _sph2pipe, "sox": _sox, "ffmpeg": _ffmpeg, "cat": _cat}


def _split(words: list[str], valued: set[str], flags: set[str]) -> tuple[list[str], dict[str, str]]:
    """The names among the words of a command, and its options with values; raises `ValueError` for an option that is not listed."""
    names, options, left = [], {}, iter(words)
    for word in left:
        if word in valued:
            options[word] = next(left, "")
        elif word.startswith("-") and word != "-" and word not in flags:
            raise ValueError(word)
        elif word not in flags:
            names.append(word)
    return names, options


def _only(names: list[str]) -> str:
    if len(names) != 1 or set("|<>&;$`") & set(names[0]):
        raise ValueError(names)
    return names[0]


FORMAT = ImportFormat("kaldi", "Kaldi data directory", "a folder with wav.scp", recognises, read, item="utterance")

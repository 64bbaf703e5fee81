"""Lists of speaker trials, as VoxCeleb has them: lines ``1 a.wav b.wav``, 1 for the same speaker and 0 for different ones.

Source:
    Nagrani, Chung & Zisserman, VoxCeleb (2017), the lists veri_test.txt, veri_test2.txt and list_test_hard.txt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from model_lab.datasets import paths
from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow, at, first_line
from model_lab.errors import BadManifest
from model_lab.formats import plain

_TRIAL = re.compile(r"([01])[ \t]+(\S+)[ \t]+(\S+)")
_FOLDERS = ("", "wav", "wavs", "audio", "voxceleb1", "test", "test/wav")
"""Where the sound files are looked for, beside the list."""


def recognises(path: Path) -> bool:
    """Whether the first line is 0 or 1 and two names."""
    return path.is_file() and bool(_TRIAL.fullmatch(first_line(path)))


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A trial a row. The speakers are the first folders of the names, as VoxCeleb has them, where there are folders."""
    folders = [(path.parent / name).resolve() for name in _FOLDERS]
    for number, line in plain.lines(path):
        with at(f"{path}:{number}"):
            trial = _TRIAL.fullmatch(line.strip())
            if not trial:
                raise BadManifest(
                    f"the line is {line.strip()[:80]!r}; expected 0 or 1 and two sound files, as in: 1 a/1.wav a/2.wav"
                )
            same, first, second = trial.groups()
            speakers = {"speaker": _speaker(first), "speaker_b": _speaker(second)}
            yield {
                "id": f"{number}-{Path(first).stem}-{Path(second).stem}",
                "audio": _file(folders, first),
                "audio_b": _file(folders, second),
                "same": same == "1",
            } | {column: speaker for column, speaker in speakers.items() if speaker}


def _speaker(name: str) -> str:
    return name.split("/")[0] if "/" in name else ""


def _file(folders: list[Path], name: str) -> Path:
    return next((folder / name for folder in folders if (folder / name).is_file()), None) or paths.anywhere(folders[0], name)


FORMAT = ImportFormat("trials", "list of speaker trials", "a file of lines: 1 a.wav b.wav", recognises, read, item="trial")

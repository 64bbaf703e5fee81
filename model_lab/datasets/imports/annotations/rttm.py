"""Sound files with RTTM: who speaks when. The parts that are scored come from UEM files, where there are some."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow
from model_lab.datasets.imports.annotations import pairing, rows
from model_lab.datasets.imports.annotations.pairing import Annotated, Pairs
from model_lab.formats import rttm, uem
from model_lab.types import Segment, Turn

_TITLE = "Sound with RTTM"


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A recording a row: its turns and the parts that are scored, or its speech."""
    scored = _scored(path)
    builders: rows.Builders[tuple[Turn, ...]] = {
        "diarization": partial(_turns, scored={each.sound: each.content for each in scored.recordings}),
        "vad": rows.speech,
    }
    yield from rows.built(builders, _pairs(path).recordings, options, _TITLE)


def _turns(recording: Annotated[tuple[Turn, ...]], scored: dict[Path, tuple[Segment, ...]]) -> list[ImportRow]:
    parts = [[part.start, part.end] for part in scored.get(recording.sound, ())]
    return [row | ({"uem": parts} if parts else {}) for row in rows.turns(recording)]


def _pairs(path: Path) -> Pairs[tuple[Turn, ...]]:
    return pairing.by_name(path, pairing.files(path, [".rttm"]), rttm.read)


def _scored(path: Path) -> Pairs[tuple[Segment, ...]]:
    folder = path if path.is_dir() else path.parent
    return pairing.by_name(folder, pairing.files(folder, [".uem"]), uem.read)


def _notes(path: Path, options: ImportOptions) -> list[str]:
    scored = _scored(path)
    count = len(scored.recordings)
    found = [f"scored parts of {count:,} recording{'s' * (count != 1)} from UEM"] if count else []
    unmatched = [f"left out: {len(scored.unmatched):,} recordings of UEM without a sound file"] if scored.unmatched else []
    return [*found, *_pairs(path).notes(), *unmatched]


def _fits(line: str) -> bool:
    return line.startswith(";;") or line.partition(" ")[0] in rttm.TYPES


FORMAT = ImportFormat(
    "rttm", _TITLE, "sound files and .rttm files", partial(pairing.has, suffixes=[".rttm"], fits=_fits), read, notes=_notes
)

"""Which column of a table is which column of a manifest: as told with ``--columns``, else guessed from names that tools use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_lab.capabilities import Capability, Column, capabilities
from model_lab.capabilities._columns import SPEAKER
from model_lab.errors import BadConfig, BadManifest, nearest

ID = Column("id", "the name of the row", required=False, aliases=("utt_id", "utterance_id", "uttid", "uid"))
GROUP = Column("group", "what is resampled together", required=False)
STRATUM = Column("stratum", "a kind of which every part of the data has some", required=False)
START = Column(
    "start", "where the sample begins in the sound, in seconds", False, ("start_s", "start_time", "start_sec", "segment_start")
)
END = Column("end", "where it ends", False, ("end_s", "end_time", "end_sec", "segment_end"))


def parsed(pairs: str) -> dict[str, str]:
    """``--columns audio=path,text=sentence`` as manifest column -> source column. Raises `BadConfig` for another form.

    >>> parsed("audio=path, text=what was said")
    {'audio': 'path', 'text': 'what was said'}
    """
    split = [pair.partition("=") for pair in pairs.split(",") if pair.strip()]
    if wrong := next((name for name, mark, source in split if not (name.strip() and mark and source.strip())), None):
        raise BadConfig(f"--columns has {wrong!r}; expected COLUMN=SOURCE, as in --columns audio=path,text=sentence")
    return {name.strip(): source.strip() for name, _, source in split}


def renamed(row: Mapping[str, Any], chosen: Mapping[str, str], path: Path) -> dict[str, Any]:
    """The row with the chosen columns under their names in a manifest, and the others as they are."""
    if absent := next((source for source in chosen.values() if source not in row), None):
        raise BadManifest(f"{path} has no column {absent!r}{nearest(absent, row)}; it has: {', '.join(row)}")
    back = {source: name for name, source in chosen.items()}
    return {back.get(name, name): value for name, value in row.items() if name in back or name not in chosen}


def guessed(names: Sequence[str], chosen: Mapping[str, str], capability: Capability | None, path: Path) -> dict[str, str]:
    """Manifest column -> column of a table with the columns ``names``.

    Raises `BadManifest`, with the ``--columns`` to write, where several could be meant, an input is missing, or the reference is and
    there are columns that could be it.
    """
    for name, source in chosen.items():
        if source not in names:
            raise BadManifest(f"{path} has no column {source!r}{nearest(source, names)}; it has: {', '.join(names)}")
        _require_known(name, capability)
    mapping = dict(chosen)
    for usual in (_same, _alike):
        for column in _wanted(capability):
            free = [name for name in names if name not in mapping.values()]
            if column.name not in mapping and (meant := usual(column, free, path)):
                mapping[column.name] = meant
    for column in capability.columns if capability else ():
        _require(column, capability, mapping, names, path)
    if capability is None and not {"audio", "text", "voice"} & set(mapping):
        raise BadManifest(f"{path} has neither sound nor text under a usual name; {_write('audio', names)}")
    return mapping


def said(mapping: Mapping[str, str], names: Iterable[str]) -> str:
    """Which column became which, as a clause."""
    unused = [name for name in names if name not in mapping.values()]
    pairs = ", ".join(f"{name} = {source}" for name, source in mapping.items())
    return f"columns: {pairs}" + (f"; not used: {', '.join(unused)}" if unused else "")


def _wanted(capability: Capability | None) -> list[Column]:
    """The columns to look for. An alias of several, which only those of different capabilities share, counts for the first."""
    every = capability.columns if capability else [column for each in capabilities() for column in each.columns]
    wanted: dict[str, Column] = {}
    claimed: dict[str, str] = {}
    for column in (ID, *every, SPEAKER, GROUP, STRATUM, START, END):
        own = [alias for alias in column.aliases if claimed.setdefault(alias, column.name) == column.name]
        earlier = wanted.setdefault(column.name, column)
        wanted[column.name] = replace(
            earlier, aliases=tuple(dict.fromkeys((*(earlier.aliases if earlier is not column else ()), *own)))
        )
    return list(wanted.values())


def _same(column: Column, free: Sequence[str], path: Path) -> str:
    """The column of the table that has this column's own name; empty if there is none."""
    return next((name for name in free if plain(name) == plain(column.name)), "")


def _alike(column: Column, free: Sequence[str], path: Path) -> str:
    """The column of the table that has another name for it; raises `BadManifest` if there are several."""
    alike = [name for name in free if plain(name) in map(plain, column.aliases)]
    if len(alike) > 1:
        raise BadManifest(
            f"{path}: {' and '.join(alike)} could both be {column.name} ({column.meaning}); {_write(column.name, alike)}"
        )
    return alike[0] if alike else ""


def _require(column: Column, capability: Capability | None, mapping: Mapping[str, str], names: Sequence[str], path: Path) -> None:
    assert capability is not None
    left = [name for name in names if name not in mapping.values()]
    missing = column.required and not column.constant and column.name not in mapping
    if missing and (left or column.name in {name for _, name in capability.inputs}):
        raise BadManifest(f"{path} has no column for {column.name} ({column.meaning}); {_write(column.name, left or names)}")


def _write(name: str, names: Sequence[str]) -> str:
    return f"its columns are {', '.join(names)}: choose with --columns {name}=COLUMN"


def _require_known(name: str, capability: Capability | None) -> None:
    known = [column.name for column in _wanted(capability)]
    if name not in known:
        raise BadConfig(
            f"--columns has {name!r}, which is no column of a manifest{nearest(name, known)}; expected one of {', '.join(known)}"
        )


def plain(name: str) -> str:
    """A name without capitals, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", name).casefold()

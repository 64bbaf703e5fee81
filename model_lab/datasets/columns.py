"""Names of manifest columns: known ones, and the likely meaning of unknown ones."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from model_lab.capabilities import Capability, Column, capabilities
from model_lab.capabilities._columns import SPEAKER
from model_lab.errors import BadManifest

COMMON = ("id", "group", "duration", "stratum", "speaker", "speaker_b")
"""Columns that every manifest may have."""

_EXCERPT = frozenset(
    [
        "offset",
        "start",
        "end",
        "start_time",
        "end_time",
        "start_s",
        "end_s",
        "begin",
        "onset",
        "segment_start",
        "segment_end",
        "start_sec",
        "end_sec",
    ]
)
_NEAR = 0.85


def check_names(row: Mapping[str, Any], capability: Capability, origin: str, clustered: bool) -> None:
    """Raises `BadManifest` for a column whose name is similar to one that the row lacks, or another tool's name for it.

    Also for one that selects a part of a sound: files are read whole. ``clustered``: the clusters are known, so that the row needs
    no speaker unless the capability has one.
    """
    own = {column.name for column in capability.columns}
    lacking = [column for column in capability.columns if column.name not in row]
    if "speaker" not in own | set(row) and not clustered:
        lacking.append(SPEAKER)
    for name in row:
        if name in own or name in COMMON:
            continue
        if similar := _similar(name, lacking):
            raise BadManifest(f"{origin}: column {name!r} is not known; call it {similar.name!r} ({similar.meaning})")
        if _plain(name) in _EXCERPT and ("audio", "audio") in capability.inputs:
            raise BadManifest(
                f"{origin}: column {name!r} selects a part of the sound, and files are read whole; cut the part out into a file "
                "of its own, or leave the column out"
            )


def unused(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> tuple[str, ...]:
    """Names of columns that no capability reads and that are not in ``columns``, in order of appearance."""
    named = (
        {column.name for each in capabilities() for column in each.columns} | {column.name for column in columns} | set(COMMON)
    )
    return tuple(dict.fromkeys(name for row in rows for name in row if name not in named))


def _similar(name: str, lacking: Sequence[Column]) -> Column | None:
    plain = _plain(name)
    for column in lacking:
        if plain == column.name or plain in map(_plain, column.aliases):
            return column
    near = difflib.get_close_matches(plain, [column.name for column in lacking], n=1, cutoff=_NEAR)
    return next((column for column in lacking if column.name in near), None)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip()).casefold()

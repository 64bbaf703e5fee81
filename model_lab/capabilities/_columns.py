"""Readers of manifest columns: a value of another type, unit or form than its column's is refused, never converted."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from model_lab.capabilities._base import Column, Row
from model_lab.errors import BadManifest, nearest
from model_lab.types import Segment

AUDIO = Column(
    "audio",
    "path of a sound file, relative to the manifest",
    aliases=("wav", "path", "file", "filename", "file_name", "filepath", "audio_filepath", "audio_path", "audio_file", "sound"),
)
TEXT_ALIASES = ("transcript", "transcription", "sentence", "words", "utterance", "normalized_text", "raw_text", "reference")
LABEL_ALIASES = ("category", "class", "class_name", "target", "emotion", "tag", "tags")
SPEAKER = Column(
    "speaker",
    "who speaks in it",
    required=False,
    aliases=("spk", "speaker_id", "spk_id", "speaker_name", "talker", "talker_id", "client_id"),
)


def cluster(row: Row) -> str:
    """What a row is resampled with: its ``group``, else its ``speaker``, else itself."""
    return next(str(row[column]) for column in ("group", "speaker", "id", "audio") if column in row)


def text(row: Row, column: str, default: str | None = None) -> str:
    """The text in a column; ``default``, if there is one, where it is absent."""
    return default if default is not None and column not in row else as_text(row[column], f"column {column!r}")


def name(row: Row, column: str, default: str | None = None) -> str:
    """The name in a column: a text that is not empty, without spaces around it."""
    return default if default is not None and column not in row else as_name(row[column], f"column {column!r}")


def number(row: Row, column: str, low: float, high: float, unit: str) -> float:
    """The number in a column, within ``low`` to ``high`` (both allowed, and finite)."""
    return as_number(row[column], f"column {column!r}", low, high, unit)


def seconds(row: Row, column: str) -> float:
    """The time in a column, from 0."""
    return as_number(row[column], f"column {column!r}", 0.0, math.inf, "seconds")


def items(row: Row, column: str, form: str) -> list[Any]:
    """The list in a column; ``form`` says what it is expected to hold."""
    if not isinstance(row[column], list):
        raise BadManifest(f"column {column!r} is {described(row[column])}; expected {form}")
    return list(row[column])


def names(row: Row, column: str) -> tuple[str, ...]:
    """The list of names in a column."""
    return as_names(row[column], f"column {column!r}")


def numbers(row: Row, column: str, low: float, high: float, unit: str) -> list[float]:
    """The list of numbers in a column."""
    found = items(row, column, f"a list of {unit}")
    return [as_number(item, f"{column}[{place}]", low, high, unit) for place, item in enumerate(found)]


def spans(row: Row, column: str) -> tuple[Segment, ...]:
    """The ``[[start, end], ...]`` in seconds of a column; raises `BadManifest` unless 0 <= start < end everywhere.

    >>> spans({"speech": [[0.5, 2]]}, "speech")
    (Segment(start=0.5, end=2.0, label=''),)
    """
    return tuple(_segment(pair, f"{column}[{n}]") for n, pair in enumerate(items(row, column, "[[start, end], ...] in seconds")))


def _segment(pair: Any, what: str) -> Segment:
    start, end = as_list(pair, 2, what, "[start, end]")
    return Segment(*span(start, end, what))


def span(start: Any, end: Any, what: str) -> tuple[float, float]:
    """``start`` and ``end`` in seconds; raises `BadManifest` unless they are numbers with 0 <= start < end."""
    first, last = (as_number(time, what, -math.inf, math.inf, "seconds") for time in (start, end))
    if not 0 <= first < last:
        raise BadManifest(f"{what} is {first}-{last} s; expected 0 <= start < end in seconds")
    return first, last


def one_alone(row: Row, column: str, other: str) -> None:
    """Raises `BadManifest` if a row has two columns that say the same in two ways."""
    if column in row and other in row:
        raise BadManifest(f"columns {column!r} and {other!r} are both there; expected one of them")


def distinct(named: Iterable[str], what: str) -> None:
    """Raises `BadManifest` if two names differ in capitals alone."""
    spelled: dict[str, set[str]] = defaultdict(set)
    for one in named:
        spelled[one.casefold()].add(one)
    if twice := next((sorted(found) for found in spelled.values() if len(found) > 1), None):
        raise BadManifest(f"{what} has {twice[0]!r} and {twice[1]!r}; expected one spelling for one name")


def one_of(chosen: str, known: Iterable[str], column: str, among: str) -> str:
    """``chosen``, the name in ``column``; raises `BadManifest` with the nearest right one unless it is among those of ``among``."""
    expected = list(known)
    if chosen not in expected:
        few = f"; expected one of {', '.join(expected)}" if len(expected) <= 12 else ""
        raise BadManifest(f"{column} {chosen!r} is not among {among}{nearest(chosen, expected)}{few}")
    return chosen


def as_text(value: Any, what: str) -> str:
    """``value``, if it is a text that can be written down: JSON may also have halves of characters."""
    if not isinstance(value, str):
        raise BadManifest(f"{what} is {described(value)}; expected text")
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise BadManifest(f"{what} is {described(value)}, and has half a character (a lone surrogate); expected Unicode")
    return value


def as_name(value: Any, what: str) -> str:
    """``value``, if it is a text that is not empty and has no spaces around it, or a whole number: speakers and classes have such names.

    >>> as_name(1089, "column 'speaker'")
    '1089'
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    found = str(value) if whole else as_text(value, what)
    if not found or found != found.strip():
        raise BadManifest(f"{what} is {found!r}; expected a name, without spaces around it")
    return found


def as_names(value: Any, what: str) -> tuple[str, ...]:
    """``value``, if it is a list of names."""
    if not isinstance(value, list):
        raise BadManifest(f"{what} is {described(value)}; expected a list of names")
    return tuple(as_name(item, f"{what}, item {place},") for place, item in enumerate(value))


def as_number(value: Any, what: str, low: float, high: float, unit: str) -> float:
    """``value``, if it is a finite number of ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadManifest(f"{what} is {described(value)}; expected a number ({unit})")
    if not (abs(value) < 1e300 and low <= value <= high):
        bounds = f"{low:g} to {high:g}" if high < math.inf else f"{low:g} or more" if low > -math.inf else "a finite number of"
        raise BadManifest(f"{what} is {value}; expected {bounds} {unit}")
    return float(value)


def as_whole(value: Any, what: str, unit: str) -> int:
    """``value``, if it is a whole number."""
    found = as_number(value, what, -math.inf, math.inf, unit)
    if not found.is_integer():
        raise BadManifest(f"{what} is {value}; expected a whole number of {unit}")
    return int(found)


def as_list(value: Any, length: int, what: str, form: str) -> list[Any]:
    """``value``, if it is a list of ``length`` items; ``form`` says which."""
    if not isinstance(value, list) or len(value) != length:
        raise BadManifest(f"{what} is {described(value)}; expected {form}")
    return list(value)


def as_fields(value: Any, what: str, *wanted: str) -> list[Any]:
    """The values of ``wanted`` in ``value``, an object that has them all."""
    if not isinstance(value, dict):
        raise BadManifest(f"{what} is {described(value)}; expected an object with {', '.join(wanted)}")
    for key in wanted:
        if value.get(key) is None:
            raise BadManifest(
                f"{what} has no {key!r}, only {', '.join(map(str, value)) or 'nothing'}; expected {', '.join(wanted)}"
            )
    return [value[key] for key in wanted]


def no_midi(pitches: Sequence[float], column: str, highest: int) -> None:
    """Raises `BadManifest` if all of ``pitches`` are whole numbers up to ``highest``: MIDI keys (60 is middle C), it seems, not Hz.

    The notes A1 and A2 are whole numbers of Hz as well.
    """
    if set(pitches) - {55.0, 110.0} and all(12 <= pitch <= highest and float(pitch).is_integer() for pitch in pitches):
        raise BadManifest(
            f"{column} has whole numbers of {min(pitches):g} to {max(pitches):g}, MIDI keys it seems; expected Hz: 440 * 2 ** ((key - 69) / 12)"
        )


def described(value: Any) -> str:
    """A value as a sentence names it, cut to 60 characters, with what it is.

    >>> described(True), described(["a"])
    ('True, a truth value', "['a'], a list")
    """
    kinds = {bool: "a truth value", str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return f"{str(repr(value))[:60]}, {kinds.get(type(value), 'null' if value is None else type(value).__name__)}"

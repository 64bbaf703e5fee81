"""Readers of manifest columns: a value of another type, unit or form is rejected, never converted.

Functions named after what a column holds read it from a row; those called ``as_...`` check a value inside one.
"""

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
    """The cluster that a row is resampled with in the bootstrap.

    Args:
        row: Row of a manifest.

    Returns:
        The first of its columns ``group``, ``speaker``, ``id`` and ``audio``.
    """
    return next(str(row[column]) for column in ("group", "speaker", "id", "audio") if column in row)


def text(row: Row, column: str, default: str | None = None) -> str:
    """Read a text.

    Args:
        row: Row of a manifest.
        column: Name of the column.
        default: Returned where the column is absent; None: `KeyError`.

    Returns:
        The text; may be empty.
    """
    return default if default is not None and column not in row else as_text(row[column], f"column {column!r}")


def name(row: Row, column: str, default: str | None = None) -> str:
    """Read a name, as of a class or a speaker.

    Args:
        row: Row of a manifest.
        column: Name of the column.
        default: Returned where the column is absent; None: `KeyError`.

    Returns:
        The name, not empty and without surrounding spaces.
    """
    return default if default is not None and column not in row else as_name(row[column], f"column {column!r}")


def number(row: Row, column: str, low: float, high: float, unit: str) -> float:
    """Read a number.

    Args:
        row: Row of a manifest.
        column: Name of the column; `KeyError` if the row lacks it.
        low: Smallest value allowed.
        high: Largest value allowed.
        unit: Unit, for the message.

    Returns:
        The number, finite.
    """
    return as_number(row[column], f"column {column!r}", low, high, unit)


def seconds(row: Row, column: str) -> float:
    """Read a time.

    Args:
        row: Row of a manifest.
        column: Name of the column; `KeyError` if the row lacks it.

    Returns:
        Seconds, 0 or more.
    """
    return as_number(row[column], f"column {column!r}", 0.0, math.inf, "seconds")


def items(row: Row, column: str, form: str) -> list[Any]:
    """Read a list.

    Args:
        row: Row of a manifest.
        column: Name of the column; `KeyError` if the row lacks it.
        form: Expected form, for the message: ``"[[start, end], ...] in seconds"``.

    Returns:
        The list, its items unchecked.

    Raises:
        BadManifest: The column holds no list.
    """
    if not isinstance(row[column], list):
        raise BadManifest(f"column {column!r} is {described(row[column])}; expected {form}")
    return list(row[column])


def names(row: Row, column: str) -> tuple[str, ...]:
    """Read a list of names.

    Args:
        row: Row of a manifest.
        column: Name of the column; `KeyError` if the row lacks it.

    Returns:
        The names, each not empty and without surrounding spaces.
    """
    return as_names(row[column], f"column {column!r}")


def numbers(row: Row, column: str, low: float, high: float, unit: str) -> list[float]:
    """Read a list of numbers.

    Args:
        row: Row of a manifest.
        column: Name of the column; `KeyError` if the row lacks it.
        low: Smallest value allowed.
        high: Largest value allowed.
        unit: Unit, for the message.

    Returns:
        The numbers, finite.
    """
    values = items(row, column, f"a list of {unit}")
    return [as_number(item, f"{column}[{place}]", low, high, unit) for place, item in enumerate(values)]


def spans(row: Row, column: str) -> tuple[Segment, ...]:
    """Read segments, written ``[[start, end], ...]`` in seconds.

    Args:
        row: Row of a manifest.
        column: Name of the column; `KeyError` if the row lacks it.

    Returns:
        Segments without a label, 0 <= start < end.

    Example:
        >>> spans({"speech": [[0.5, 2]]}, "speech")
        (Segment(start=0.5, end=2.0, label=''),)
    """
    return tuple(_segment(pair, f"{column}[{n}]") for n, pair in enumerate(items(row, column, "[[start, end], ...] in seconds")))


def _segment(pair: Any, what: str) -> Segment:
    start, end = as_list(pair, 2, what, "[start, end]")
    return Segment(*span(start, end, what))


def span(start: Any, end: Any, what: str) -> tuple[float, float]:
    """Check the start and the end of a segment.

    Args:
        start: Start in seconds.
        end: End in seconds.
        what: What it is, for the message: ``"column 'speaker'"``, ``"turns[3]"``.

    Returns:
        Both as floats.

    Raises:
        BadManifest: They are not numbers with 0 <= start < end.
    """
    first, last = (as_number(time, what, -math.inf, math.inf, "seconds") for time in (start, end))
    if not 0 <= first < last:
        raise BadManifest(f"{what} is {first}-{last} s; expected 0 <= start < end in seconds")
    return first, last


def one_alone(row: Row, column: str, other: str) -> None:
    """Reject a row with two columns that exclude each other.

    Args:
        row: Row of a manifest.
        column: Name of the one.
        other: Name of the other.

    Raises:
        BadManifest: The row has both.
    """
    if column in row and other in row:
        raise BadManifest(f"columns {column!r} and {other!r} are both there; expected one of them")


def distinct(named: Iterable[str], what: str) -> None:
    """Reject names that differ only in upper and lower case.

    Args:
        named: The names.
        what: Where they are, for the message.

    Raises:
        BadManifest: Two of them do.
    """
    spelled: dict[str, set[str]] = defaultdict(set)
    for one in named:
        spelled[one.casefold()].add(one)
    if twice := next((sorted(spellings) for spellings in spelled.values() if len(spellings) > 1), None):
        raise BadManifest(f"{what} has {twice[0]!r} and {twice[1]!r}; expected one spelling for one name")


def one_of(chosen: str, choices: Iterable[str], column: str, among: str) -> str:
    """Check that a name is one of a list.

    Args:
        chosen: The name.
        choices: The names allowed.
        column: Where the name is, for the message.
        among: What the allowed ones are, for the message: ``"the classes"``.

    Returns:
        ``chosen``.

    Raises:
        BadManifest: It is not among them; the message has the nearest one.
    """
    expected = list(choices)
    if chosen not in expected:
        few = f"; expected one of {', '.join(expected)}" if len(expected) <= 12 else ""
        raise BadManifest(f"{column} {chosen!r} is not among {among}{nearest(chosen, expected)}{few}")
    return chosen


def as_text(value: Any, what: str) -> str:
    """Check that a value is text.

    Args:
        value: Value in a row, as JSON has it.
        what: What it is, for the message: ``"column 'speaker'"``, ``"turns[3]"``.

    Returns:
        ``value``.

    Raises:
        BadManifest: It is no text, or has lone surrogates, which JSON can hold and UTF-8 cannot.
    """
    if not isinstance(value, str):
        raise BadManifest(f"{what} is {described(value)}; expected text")
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise BadManifest(f"{what} is {described(value)}, and has half a character (a lone surrogate); expected Unicode")
    return value


def as_name(value: Any, what: str) -> str:
    """Check that a value is a name: text that is not empty, or a whole number, as speakers and classes often have.

    Args:
        value: Value in a row, as JSON has it.
        what: What it is, for the message: ``"column 'speaker'"``, ``"turns[3]"``.

    Returns:
        The name as text.

    Raises:
        BadManifest: It is no name, or has surrounding spaces.

    Example:
        >>> as_name(1089, "column 'speaker'")
        '1089'
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    name = str(value) if whole else as_text(value, what)
    if not name or name != name.strip():
        raise BadManifest(f"{what} is {name!r}; expected a name, without spaces around it")
    return name


def as_names(value: Any, what: str) -> tuple[str, ...]:
    """Check that a value is a list of names.

    Args:
        value: Value in a row, as JSON has it.
        what: What it is, for the message: ``"column 'speaker'"``, ``"turns[3]"``.

    Returns:
        The names.

    Raises:
        BadManifest: It is no list, or an item is no name.
    """
    if not isinstance(value, list):
        raise BadManifest(f"{what} is {described(value)}; expected a list of names")
    return tuple(as_name(item, f"{what}, item {place},") for place, item in enumerate(value))


def as_number(value: Any, what: str, low: float, high: float, unit: str) -> float:
    """Check that a value is a finite number within bounds.

    Args:
        value: Value in a row, as JSON has it.
        what: What it is, for the message: ``"column 'speaker'"``, ``"turns[3]"``.
        low: Smallest value allowed; may be -infinity.
        high: Largest value allowed; may be infinity.
        unit: Unit, for the message.

    Returns:
        The number.

    Raises:
        BadManifest: It is no number, or out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadManifest(f"{what} is {described(value)}; expected a number ({unit})")
    if not (abs(value) < 1e300 and low <= value <= high):
        bounds = f"{low:g} to {high:g}" if high < math.inf else f"{low:g} or more" if low > -math.inf else "a finite number of"
        raise BadManifest(f"{what} is {value}; expected {bounds} {unit}")
    return float(value)


def as_whole(value: Any, what: str, unit: str) -> int:
    """Check that a value is a whole number.

    Args:
        value: Value in a row, as JSON has it.
        what: What it is, for the message: ``"column 'speaker'"``, ``"turns[3]"``.
        unit: What it counts, for the message: ``"characters"``.

    Returns:
        The number.

    Raises:
        BadManifest: It is no number, or has a fraction.
    """
    number = as_number(value, what, -math.inf, math.inf, unit)
    if not number.is_integer():
        raise BadManifest(f"{what} is {value}; expected a whole number of {unit}")
    return int(number)


def as_list(value: Any, length: int, what: str, form: str) -> list[Any]:
    """Check that a value is a list of a certain length.

    Args:
        value: Value in a row, as JSON has it.
        length: Expected number of items.
        what: What it is, for the message: ``"column 'speaker'"``, ``"turns[3]"``.
        form: Expected form, for the message: ``"[start, end]"``.

    Returns:
        The list, its items unchecked.

    Raises:
        BadManifest: It is no list, or of another length.
    """
    if not isinstance(value, list) or len(value) != length:
        raise BadManifest(f"{what} is {described(value)}; expected {form}")
    return list(value)


def as_fields(value: Any, what: str, *keys: str) -> list[Any]:
    """Check that a value is an object with certain keys.

    Args:
        value: Value in a row, as JSON has it.
        what: What it is, for the message: ``"column 'speaker'"``, ``"turns[3]"``.
        *keys: The keys.

    Returns:
        Their values, in the order of ``keys``.

    Raises:
        BadManifest: It is no object, or lacks one of them.
    """
    if not isinstance(value, dict):
        raise BadManifest(f"{what} is {described(value)}; expected an object with {', '.join(keys)}")
    for key in keys:
        if value.get(key) is None:
            raise BadManifest(
                f"{what} has no {key!r}, only {', '.join(map(str, value)) or 'nothing'}; expected {', '.join(keys)}"
            )
    return [value[key] for key in keys]


def no_midi(pitches: Sequence[float], column: str, highest: int) -> None:
    """Reject pitches that look like MIDI keys (60 is middle C): whole numbers from 12 to ``highest`` and nothing else.

    The notes A1 and A2 are 55 and 110 Hz, whole numbers as well, and do not count.

    Args:
        pitches: Pitches in Hz.
        column: Name of the column, for the message.
        highest: Largest whole number taken for a MIDI key.

    Raises:
        BadManifest: They look like MIDI keys.
    """
    if set(pitches) - {55.0, 110.0} and all(12 <= pitch <= highest and float(pitch).is_integer() for pitch in pitches):
        raise BadManifest(
            f"{column} has whole numbers of {min(pitches):g} to {max(pitches):g}, which look like MIDI keys; expected Hz: 440 * 2 ** ((key - 69) / 12)"
        )


def described(value: Any) -> str:
    """Describe a value in a message.

    Args:
        value: Any value of JSON.

    Returns:
        Its representation, cut to 60 characters, and its type.

    Example:
        >>> described(True), described(["a"])
        ('True, a boolean', "['a'], a list")
    """
    kinds = {bool: "a boolean", str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return f"{str(repr(value))[:60]}, {kinds.get(type(value), 'null' if value is None else type(value).__name__)}"

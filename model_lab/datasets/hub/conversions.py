"""From the columns of a published table to those of our manifests: small declared conversions, each named in a dataset card.

A conversion gets the value of ``column`` (or, with ``columns``, a dict of values by part), the `ColumnSource` that names it, and the class
names of the table's columns. It raises `BadManifest` for a value that it does not expect: nothing is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from model_lab.capabilities import _columns as readers
from model_lab.datasets.card import ColumnSource
from model_lab.datasets.hub.tables import Row
from model_lab.datasets.sound_files import Encoded
from model_lab.datasets.spans import union
from model_lab.errors import BadConfig, BadManifest, nearest

Convert = Callable[[Any, ColumnSource], Any]


def value(row: Row, made: ColumnSource) -> Any:
    """The value of a manifest column in a row; None where the row has none.

    Sounds are `Encoded`, alone or in dicts and lists.

    Raises:
        BadManifest: The value is not what the card expects, with the row.
        BadConfig: The card names a conversion that does not exist.
    """
    if made.value is not None:
        return made.value
    raw = _field(row, made.column) if made.column else {part: _field(row, column) for part, column in made.columns.items()}
    if raw is None or (made.columns and all(each is None for each in raw.values())):
        return None
    try:
        return _named(_converter(made.convert)(raw, made), made)
    except BadManifest as error:
        raise BadManifest(f"{row.origin}: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = made.column or ", ".join(made.columns.values())
        raise BadManifest(
            f"{row.origin}: {what} is {readers.described(raw)}, which {made.convert or 'the card'} cannot read ({error})"
        ) from None


def names() -> tuple[str, ...]:
    """The conversions that a card may name."""
    return tuple(name for name in _CONVERSIONS if name)


def require(names_of_conversions: Iterable[str]) -> None:
    """Raise `BadConfig`, with the nearest one, for a conversion that does not exist."""
    for name in names_of_conversions:
        _converter(name)


def _converter(name: str) -> Convert:
    if name not in _CONVERSIONS:
        raise BadConfig(f"there is no conversion {name!r}{nearest(name, names())}; expected one of: {', '.join(names())}")
    return _CONVERSIONS[name]


def _field(row: Row, column: str) -> Any:
    """The value of a column, class labels by name and sounds as `Encoded`."""
    root, *fields = column.split(".")
    found = row.values[root]
    for name in fields:
        if isinstance(found, str):
            found = _parsed(found, row, root)
        if not isinstance(found, Mapping) or name not in found:
            there = ", ".join(found) if isinstance(found, Mapping) else readers.described(found)
            raise BadManifest(f"{row.origin}: {root} has no field {name!r}; it has: {there}")
        found = found[name]
    classes = row.classes.get(root, ()) if not fields else ()
    return _plain(found, classes, f"{row.origin}: column {root!r}")


def _parsed(text: str, row: Row, column: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadManifest(f"{row.origin}: column {column!r} is no JSON ({error}); expected an object") from None


def _plain(raw: Any, classes: Sequence[str], what: str) -> Any:
    if isinstance(raw, Mapping) and set(raw) == {"bytes", "path"}:
        if raw["bytes"] is None:
            raise BadManifest(f"{what} holds no sound but the path {raw['path']!r}; expected bytes")
        return Encoded(raw["bytes"])
    if isinstance(raw, list):
        return [_plain(item, classes, what) for item in raw]
    if classes and isinstance(raw, int) and not isinstance(raw, bool):
        if not 0 <= raw < len(classes):
            raise BadManifest(f"{what} is class {raw}; its table names {len(classes)} classes, from 0")
        return classes[raw]
    return raw


def _named(converted: Any, made: ColumnSource) -> Any:
    """The value under the card's names."""
    if not made.names:
        return converted
    if isinstance(converted, list):
        return [_named(item, made) for item in converted]
    if str(converted) not in made.names:
        raise BadManifest(
            f"{made.column} is {converted!r}, a class that the card does not name{nearest(str(converted), made.names)}; it names: "
            f"{', '.join(made.names)}"
        )
    return made.names[str(converted)]


def _same(raw: Any, made: ColumnSource) -> Any:
    return raw


def _text(raw: Any, made: ColumnSource) -> str:
    return " ".join(readers.as_text(raw, made.column).split())


def _name(raw: Any, made: ColumnSource) -> str:
    """A name: numbers as text, surrounding spaces away."""
    return str(raw).strip()


def _lower(raw: Any, made: ColumnSource) -> str:
    return str(raw).strip().lower()


def _before(raw: Any, made: ColumnSource) -> str:
    """A name up to the ``separator``, as the speaker at the beginning of a file's name."""
    return str(raw).strip().partition(made.settings["separator"])[0]


def _folder(raw: Any, made: ColumnSource) -> str:
    """The name of the folder that a path is in."""
    folder = PurePosixPath(str(raw)).parent.name
    if not folder:
        raise BadManifest(f"{made.column} is {readers.described(raw)}; expected a path with a folder")
    return folder


def _split(raw: Any, made: ColumnSource) -> list[str]:
    """A list of names in one text."""
    return [part for item in str(raw).split(made.settings.get("separator", ",")) if (part := item.strip())]


def _listed(raw: Any, made: ColumnSource) -> list[Any]:
    """One list of several columns, or of one value."""
    parts = list(raw.values()) if made.columns else raw if isinstance(raw, list) else [raw]
    return [part for part in parts if part not in (None, "")]


def _picked(raw: Any, made: ColumnSource) -> Any:
    """The ``value`` of a row whose ``name`` is one of the setting ``keys``; nothing of other rows."""
    return raw["value"] if raw["name"] in made.settings["keys"] else None


def _keyed(raw: Any, made: ColumnSource) -> dict[str, Any] | None:
    """``{name: value}`` of a row whose ``name`` is one of the setting ``keys``; nothing of other rows."""
    return {raw["name"]: raw["value"]} if raw["name"] in made.settings["keys"] else None


def _truth(raw: Any, made: ColumnSource) -> bool:
    """A yes or no, of a boolean, 0 or 1."""
    if raw not in (0, 1):
        raise BadManifest(f"{made.column} is {readers.described(raw)}; expected true or false")
    return bool(raw)


def _milliseconds(raw: Any, made: ColumnSource) -> Any:
    """Seconds of milliseconds."""
    return [_milliseconds(item, made) for item in raw] if isinstance(raw, list) else float(raw) / 1000


def _turns(raw: Any, made: ColumnSource) -> list[dict[str, Any]]:
    """``[{start, end, speaker}, ...]`` of three lists, in order of start; turns without a length are left out."""
    unit = _unit(made)
    times = zip(raw["start"], raw["end"], map(str, raw["speaker"]), strict=True)
    turns = sorted((float(start) * unit, float(end) * unit, speaker) for start, end, speaker in times)
    return [{"start": start, "end": end, "speaker": speaker} for start, end, speaker in turns if end > start]


def _spans(raw: Any, made: ColumnSource) -> list[list[float]]:
    """``[[start, end], ...]`` of two lists, or of a list of structs or pairs; those that overlap or touch are merged."""
    if made.columns:
        pairs = list(zip(raw["start"], raw["end"], strict=True))
    else:
        pairs = [(item["start"], item["end"]) if isinstance(item, Mapping) else tuple(item) for item in raw]
    return _merged([(float(start) * _unit(made), float(end) * _unit(made)) for start, end in pairs])


def _frames(raw: Any, made: ColumnSource) -> list[list[float]]:
    """``[[start, end], ...]`` of a list of 0 and 1, one for every ``step_s`` seconds."""
    step = float(made.settings["step_s"])
    spans, place = [], 0
    for active, run in groupby(raw, key=lambda frame: frame in (1, True)):
        length = sum(1 for _ in run)
        if active:
            spans.append((place * step, (place + length) * step))
        place += length
    return _merged(spans)


def _joined(raw: Any, made: ColumnSource) -> str:
    """A text of a list of words."""
    return " ".join(map(str, raw))


def _entities(raw: Any, made: ColumnSource) -> list[dict[str, Any]]:
    """``[{label, start, end}, ...]`` in characters, of words (a list, or a text with spaces) and their tags B-X, I-X and O.

    The setting ``labels`` renames labels.
    """
    words = raw["words"].split() if isinstance(raw["words"], str) else list(map(str, raw["words"]))
    tags = list(raw["tags"])
    if len(words) != len(tags):
        raise BadManifest(f"{len(words)} words have {len(tags)} tags; expected one each")
    renamed = made.settings.get("labels", {})
    entities: list[dict[str, Any]] = []
    place, open_label = 0, ""
    for word, tag in zip(words, tags, strict=True):
        kind, _, label = str(tag).partition("-")
        if kind == "I" and label == open_label and entities:
            entities[-1]["end"] = place + len(word)
        elif kind in ("B", "I"):
            entities.append({"label": renamed.get(label, label), "start": place, "end": place + len(word)})
        open_label = label
        place += len(word) + 1
    return entities


def _merged(spans: Iterable[tuple[float, float]]) -> list[list[float]]:
    """The union of the spans that have a length."""
    return union((start, end) for start, end in spans if end > start)


def _unit(made: ColumnSource) -> float:
    """Seconds in one unit of the table's times."""
    return float(made.settings.get("unit_s", 1.0))


_CONVERSIONS: dict[str, Convert] = {
    "": _same,
    "text": _text,
    "name": _name,
    "lower": _lower,
    "before": _before,
    "folder": _folder,
    "split": _split,
    "list": _listed,
    "picked": _picked,
    "keyed": _keyed,
    "truth": _truth,
    "milliseconds": _milliseconds,
    "turns": _turns,
    "spans": _spans,
    "frames": _frames,
    "joined": _joined,
    "entities": _entities,
}

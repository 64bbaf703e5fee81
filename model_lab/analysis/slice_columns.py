"""The columns of a manifest by which scores can be broken down: the value of each sample, numbers in bins."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from model_lab.errors import BadConfig, ModelLabError, UnknownName, nearest
from model_lab.results.schema import StoredSample

DURATION = "duration"
"""The column that every dataset of sounds has, stated in its rows or not."""

RECOGNISED = (
    "language",
    "accent",
    "accents",
    "dialect",
    "native_language",
    "gender",
    "sex",
    "age",
    "age_group",
    "role",
    "noise",
    "snr",
    "snr_db",
    "degradation",
    "codec",
    "channel",
    "device",
    "microphone",
    "room",
    "style",
    "domain",
    "topic",
    "voice",
    "condition",
    "stratum",
)
"""Columns by which reports break scores down by themselves, as `DURATION` and those that a dataset's card declares."""

MOST_SHOWN = 12
"""A report shows columns with 2 to this many values by itself; numbers of more values are put into bins."""

BINS = 4
"""Number of bins of a column of numbers: quarters of the samples, as far as equal numbers allow."""

NOT_STATED = "not stated"


@dataclass(frozen=True)
class SliceColumn:
    """A column as slices: sample id -> name of its slice, and the names in the order to show them."""

    name: str
    slice_of: Mapping[str, str]
    names: tuple[str, ...]


def available(questions: Iterable[StoredSample]) -> tuple[str, ...]:
    """The columns that can make slices, in order of appearance: those with text, numbers or truth values, and the duration."""
    named: dict[str, None] = {}
    for question in questions:
        named |= dict.fromkeys(name for name, value in question.row.items() if _plain(value))
        if question.duration > 0:
            named[DURATION] = None
    return tuple(name for name in named if name != "id")


def column(questions: Sequence[StoredSample], name: str) -> SliceColumn:
    """The slices of a column.

    Text and truth values are slices as they are, and so are up to `MOST_SHOWN` different numbers that repeat; other numbers are put into
    `BINS` bins between rounded quantiles, lower edges included. Samples without a value are the slice `NOT_STATED`.

    Raises:
        UnknownName: No sample has the column.
        BadConfig: It holds lists or objects, all samples have one value, or every sample another.
    """
    values = {question.id: _value(question, name) for question in questions}
    stated = {sample: value for sample, value in values.items() if value is not None}
    if not stated:
        raise _empty(questions, name)
    distinct = list(dict.fromkeys(stated.values()))
    if len(distinct) == 1:
        raise BadConfig(f"column {name!r} is {distinct[0]!r} in {_each(stated, values)}: there is nothing to compare")
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in distinct)
    if numeric and (len(distinct) > MOST_SHOWN or len(distinct) == len(stated)):
        slice_of, names = _binned({sample: float(value) for sample, value in stated.items()}, "s" if name == DURATION else "")
    elif len(distinct) == len(stated):
        raise BadConfig(
            f"column {name!r} has another value in every sample that states it ({len(stated)}): each would be a slice of its own"
        )
    else:
        slice_of = {sample: _written(value) for sample, value in stated.items()}
        ordered = sorted(distinct, key=lambda value: (0, value, "") if numeric else (1, 0.0, _written(value)))
        names = tuple(dict.fromkeys(map(_written, ordered)))
    if len(names) == 1:
        raise BadConfig(f"column {name!r} hardly varies: all of its {BINS} bins would be {names[0]}")
    missing = {sample: NOT_STATED for sample in values if sample not in stated}
    return SliceColumn(name, {**slice_of, **missing}, (*names, *([NOT_STATED] if missing else [])))


def shown_by_itself(questions: Sequence[StoredSample], declared: Iterable[str] = ()) -> list[SliceColumn]:
    """The columns that a report breaks scores down by without being asked to.

    Those that are declared, `RECOGNISED` or the duration, and make 2 to `MOST_SHOWN` slices; of columns that split the samples alike,
    the first.
    """
    there = set(available(questions))
    chosen: list[SliceColumn] = []
    splits: set[frozenset[frozenset[str]]] = set()
    for name in dict.fromkeys((*declared, *RECOGNISED, DURATION)):
        if name not in there:
            continue
        try:
            found = column(questions, name)
        except ModelLabError:
            continue
        split = frozenset(frozenset(s for s, of in found.slice_of.items() if of == each) for each in found.names)
        if len(found.names) <= MOST_SHOWN and split not in splits:
            splits.add(split)
            chosen.append(found)
    return chosen


def _plain(value: object) -> bool:
    return isinstance(value, (str, bool, int)) or (isinstance(value, float) and math.isfinite(value))


def _value(question: StoredSample, name: str) -> str | bool | int | float | None:
    if name == DURATION:
        return question.duration if question.duration > 0 else None
    value = question.row.get(name)
    if isinstance(value, str) and not value.strip():
        return None
    return value if _plain(value) else None


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value).strip()


def _empty(questions: Sequence[StoredSample], name: str) -> ModelLabError:
    if any(name in question.row for question in questions):
        return BadConfig(f"column {name!r} holds lists or objects; slices need one text, number or truth value per sample")
    known = available(questions)
    return UnknownName(f"there is no column {name!r}{nearest(name, known)}; there are: {', '.join(known)}")


def _each(stated: Mapping[str, object], values: Mapping[str, object]) -> str:
    return "every sample" if len(stated) == len(values) else f"all {len(stated)} samples that state it"


def _binned(numbers: Mapping[str, float], unit: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The bin of each sample, and the names of the bins that hold any, from low to high."""
    edges = sorted({_rounded(edge) for edge in np.quantile(list(numbers.values()), np.arange(1, BINS) / BINS).tolist()})
    suffix = f" {unit}" if unit else ""
    names = [
        f"< {edges[0]:g}{suffix}",
        *(f"{low:g} to < {high:g}{suffix}" for low, high in pairwise(edges)),
        f">= {edges[-1]:g}{suffix}",
    ]
    bins = {sample: names[int(np.searchsorted(edges, number, side="right"))] for sample, number in numbers.items()}
    counted = Counter(bins.values())
    return bins, tuple(name for name in names if counted[name])


def _rounded(edge: float) -> float:
    """To two significant digits: the edge that is written is the one that is used.

    >>> _rounded(3.14159), _rounded(0.01278), _rounded(1234.0), _rounded(0.0)
    (3.1, 0.013, 1200.0, 0.0)
    """
    return round(edge, 1 - math.floor(math.log10(abs(edge)))) if edge else 0.0

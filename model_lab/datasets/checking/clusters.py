"""Rules about speakers, groups and trials."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from model_lab.datasets.checking import checks
from model_lab.datasets.checking._base import CheckedData, CheckedSample, Suspicion

_PARTS = ("split", "subset", "partition", "fold")
"""Columns that say which part of the data a row belongs to."""


def check(data: CheckedData) -> Iterator[Suspicion]:
    """All suspicions about the speakers, groups and trials of ``data``."""
    for column in ("speaker", "group"):
        yield from _spellings(data, column)
    yield from _in_two_parts(data)
    if ("audio", "audio_b") in data.capability.inputs:
        yield from _trials(data)
    elif any(column.name == "speaker" and column.required for column in data.capability.columns):
        yield from _alone(data)
    yield from _single_groups(data)


def _named(data: CheckedData, column: str) -> dict[str, list[CheckedSample]]:
    """The samples of every name in a column."""
    by_name: dict[str, list[CheckedSample]] = defaultdict(list)
    for sample in data.samples:
        value = sample.row.get(column)
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            by_name[str(value)].append(sample)
    return by_name


def _spellings(data: CheckedData, column: str) -> Iterator[Suspicion]:
    """Names that differ in case or spaces, which are one, and in punctuation or leading zeros, which may be."""
    by_name = _named(data, column)
    for check, plain in ((checks.SPELLINGS, _casefolded), (checks.SIMILAR_NAMES, _bare)):
        usual: dict[str, str] = {}
        for name in sorted(by_name, key=lambda name: -len(by_name[name])):
            first = usual.setdefault(plain(name), name)
            if first == name or (check is checks.SIMILAR_NAMES and _casefolded(first) == _casefolded(name)):
                continue
            seen = f"column {column!r} has {name!r} ({len(by_name[name])} rows) and {first!r} ({len(by_name[first])} rows)"
            yield by_name[name][0].raises(check, seen)


def _casefolded(name: str) -> str:
    return " ".join(name.casefold().split())


def _bare(name: str) -> str:
    """Letters and numbers alone, numbers without leading zeros; a name of digits alone is kept, as numbering may need its zeros."""
    if name.strip().isdigit():
        return name.strip()
    return " ".join(part.lstrip("0") or "0" for part in re.findall(r"\d+|[^\W\d_]+", name.casefold()))


def _in_two_parts(data: CheckedData) -> Iterator[Suspicion]:
    for column in _PARTS:
        for speaker, samples in _named(data, "speaker").items():
            parts = {str(part): sample for sample in samples if (part := sample.row.get(column)) is not None}
            if len(parts) > 1:
                yield next(iter(parts.values())).raises(
                    checks.IN_TWO_PARTS, f"speaker {speaker!r} is in {column} {' and '.join(sorted(parts))}"
                )


def _trials(data: CheckedData) -> Iterator[Suspicion]:
    """Trials of a recording with itself, and trials that occur twice, in either order."""
    earlier: dict[frozenset[str], CheckedSample] = {}
    for sample in data.samples:
        sides = [data.measures[path].content for path in sample.sounds.values() if path in data.measures]
        if len(sides) != 2:
            continue
        if sides[0] == sides[1]:
            yield sample.raises(checks.SAME_TRIAL, f"{sample.row['audio']} and {sample.row['audio_b']} are the same sound")
            continue
        first = earlier.setdefault(frozenset(sides), sample)
        if first is not sample:
            yield sample.raises(checks.REPEATED_TRIAL, f"it compares the recordings of {first.id} ({first.origin})")


def _alone(data: CheckedData) -> Iterator[Suspicion]:
    """Speakers with one recording, where the capability compares recordings of a speaker."""
    for speaker, samples in _named(data, "speaker").items():
        if len(samples) == 1:
            yield samples[0].raises(checks.ONE_RECORDING, f"speaker {speaker!r} has one recording")


def _single_groups(data: CheckedData) -> Iterator[Suspicion]:
    """Every sample is a cluster of its own."""
    usable = [sample for sample in data.samples if not sample.fault]
    column = next((column for column in ("group", "speaker") if any(column in sample.row for sample in usable)), "")
    if len(usable) < 2:
        return
    if not column:
        yield Suspicion(
            checks.SINGLE_GROUPS, "", str(data.path), "there is no column group or speaker: each sample is a cluster of its own"
        )
    elif max(Counter(str(sample.row.get(column, sample.id)) for sample in usable).values()) == 1:
        seen = f"each of {len(usable)} samples has a {column} of its own"
        yield Suspicion(checks.SINGLE_GROUPS, "", str(data.path), seen)

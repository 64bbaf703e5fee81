"""A score in a reader's words: the value, how certain it is, what it was measured on, and what that does not show."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from model_lab import units
from model_lab.analysis.schema import DatasetInfo, DatasetTable, PairwiseDifference, ResultRow
from model_lab.results.schema import UNTOUCHED, Score

_LONGEST_LIMIT = 140


def sentence(table: DatasetTable, row: ResultRow) -> str:
    """The primary score of a row in words, or why it has none.

    For example "About 3 in 100 words are wrong, between 2 and 5, measured on 300 samples of “Telephone prompts”, 1 speaker; limits: one
    speaker in a studio."
    """
    score = table.score(row)
    if score is None or not math.isfinite(score.value or 0.0):
        reason = row.reason or (row.scores[table.primary.name].note if table.primary.name in row.scores else "")
        return _sentence(f"No score on “{units.one_line(table.data.title)}”{f': {reason}' if reason else ''}")
    told = ", ".join([value(table, score), *_gain(table, row), f"measured on {_samples(table.data, score)}"])
    return _sentence("; ".join([told, *_reservations(table, row, score)]))


def value(table: DatasetTable, score: Score) -> str:
    """The value with its interval, as a clause: "about 3 in 100 words are wrong, between 2 and 5"."""
    assert score.value is not None
    clause, unit = table.primary.in_words, table.primary.unit
    if "{in_100}" in clause:
        number, ends = in_100(score.value, score.low, score.high)
        told = clause.format(in_100=number)
    else:
        number, ends = f"about {units.amount(score.value, unit)}", _ends(score.low, score.high, unit)
        told = clause.format(value=number) if clause else f"{table.primary.title} is {number}"
    return f"{told}, {ends}" if ends else told


def in_100(share: float, low: float | None = None, high: float | None = None) -> tuple[str, str]:
    """A share, and its interval, as counts of 100; as many decimals as tell the ends of the interval apart, at most two.

    >>> in_100(0.031, 0.018, 0.049)
    ('about 3 in 100', 'between 2 and 5')
    >>> in_100(0.003, 0.0, 0.008), in_100(0.0312, 0.0306, 0.0318)
    (('fewer than 1 in 100', 'between 0 and 1'), ('about 3.1 in 100', 'between 3.1 and 3.2'))
    >>> in_100(0.0), in_100(0.998), in_100(1.0), in_100(1.34, 1.2, 1.5)
    (('0 in 100', ''), ('more than 99 in 100', ''), ('100 in 100', ''), ('about 134 per 100', 'between 120 and 150'))
    >>> in_100(0.0, 0.0, 0.0)
    ('0 in 100', 'the same in all of the data')
    """
    places = _places(low, high)
    if low is None or high is None or places is None:
        return _count(share, 0), "" if low is None or high is None else _NO_SPREAD
    return _count(share, places), f"between {_rounded(low, places)} and {_rounded(high, places)}"


_NO_SPREAD = "the same in all of the data"
"""An interval of no width is no certainty: no cluster of the data differs from another."""


def _places(low: float | None, high: float | None) -> int | None:
    """The decimals with which the ends of an interval differ; None if two do not suffice, or there is no interval."""
    if low is None or high is None:
        return None
    return next((places for places in range(3) if _rounded(low, places) != _rounded(high, places)), None)


def _rounded(share: float, places: int) -> str:
    return f"{max(100 * share, 0.0):.{places}f}"


def _count(share: float, places: int) -> str:
    percent, number = 100 * share, _rounded(share, places)
    if percent <= 0 or percent == 100:
        return f"{max(percent, 0):.0f} in 100"
    if float(number) == 0:
        return f"fewer than {10**-places:g} in 100"
    if percent < 100 and float(number) == 100:
        return f"more than {100 - 10**-places:g} in 100"
    return f"about {number} {'per' if percent > 100 else 'in'} 100"


def _ends(low: float | None, high: float | None, unit: str) -> str:
    if low is None or high is None:
        return ""
    ends = units.amount(low, unit), units.amount(high, unit)
    return f"between {ends[0]} and {ends[1]}" if ends[0] != ends[1] else _NO_SPREAD


def _gain(table: DatasetTable, row: ResultRow) -> Iterator[str]:
    """How far the value is above or below that of the unprocessed input, with its interval; nothing where 0 is that input's by definition."""
    untouched = next((other for other in table.rows if other.model == UNTOUCHED and table.score(other)), None)
    own, other = table.score(row), table.score(untouched) if untouched else None
    if untouched is None or own is None or other is None or not row.is_model or not other.value or own.value is None:
        return
    gap, unit = own.value - other.value, table.primary.unit
    word = "above" if gap >= 0 else "below"
    spread = next(
        (
            _spread(pair, gap >= 0, row.model, unit)
            for pair in table.differences
            if {pair.better, pair.worse} == {row.model, UNTOUCHED}
        ),
        "",
    )
    yield f"{units.gap(abs(gap), unit)} {word} the {units.one_line(untouched.title)}{spread}"


def _spread(pair: PairwiseDifference, above: bool, model: str, unit: str) -> str:
    """The interval of the difference to the unprocessed input, ``above`` it or below it."""
    if pair.low is None or pair.high is None:
        return ""
    low, high = (pair.low, pair.high) if (pair.better == model) is above else (-pair.high, -pair.low)
    return f" ({units.gap(low, unit)} to {units.gap(high, unit)}{'' if pair.significant else ', which may be chance'})"


def _samples(data: DatasetInfo, score: Score) -> str:
    """What was measured: the number of samples, the dataset, and how many voices and languages are in it."""
    counted = f"{units.count(score.n_scored)} sample{'s' * (score.n_scored != 1)}"
    voices = [f"{data.speakers} speaker{'s' * (data.speakers != 1)}"] if data.speakers else []
    tongues = [f"{len(data.languages)} languages"] if len(data.languages) > 1 else []
    return ", ".join([f"{counted} of “{units.one_line(data.title)}”", " in ".join([*voices, *tongues])]).removesuffix(", ")


def _reservations(table: DatasetTable, row: ResultRow, score: Score) -> Iterator[str]:
    """What weakens the number."""
    if score.low is None:
        yield "without an interval, as there is too little data for one"
    if row.n_failed and row.n_samples:
        yield f"{units.count(row.n_failed)} of {units.count(row.n_samples)} answers failed"
    if row.tier == "smoke":
        yield "a smoke test, too small to choose by"
    if table.data.author == "project":
        yield "the test was written by this project"
    if table.data.clusters == "unknown":
        yield "speakers or recordings are not marked, so the range may be too narrow"
    if limit := shortened(table.data.limits):
        yield f"limits: {limit}"


def shortened(limits: str) -> str:
    """The first clause of the limits of a dataset.

    >>> shortened("One speaker in a studio; recordings are the clusters, so the intervals do not generalise to other speakers.")
    'one speaker in a studio'
    >>> shortened("BLEU is 0 where no four words are right. More.")
    'BLEU is 0 where no four words are right'
    """
    first = re.split(r"[;:]\s|\.(?:\s|$)", units.one_line(limits), maxsplit=1)[0]
    first = units.one_line(first, _LONGEST_LIMIT)
    return first[:1].lower() + first[1:] if first[1:2].islower() or first[1:2] == " " else first


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."

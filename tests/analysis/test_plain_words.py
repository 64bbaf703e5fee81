"""Scores in a reader's words: rounding, reservations, and a clause for every packaged capability."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab import capabilities
from model_lab.analysis import plain_words
from model_lab.analysis.schema import DatasetInfo, DatasetTable, MetricColumn, PairwiseDifference, ResultRow
from model_lab.capabilities._in_words import in_words_problem
from model_lab.results.schema import UNTOUCHED, Score

PACKAGED = [asked for asked in capabilities.capabilities() if asked.name in capabilities.names()]
WORDS = MetricColumn(
    name="wer", title="word error rate", unit="ratio", higher_is_better=False, in_words="{in_100} words are wrong"
)
PESQ = MetricColumn(name="pesq", title="PESQ", unit="MOS", higher_is_better=True, in_words="the listening quality is {value}")


def row(model: str, value: float | None, low: float | None = None, high: float | None = None, **changes: Any) -> ResultRow:
    metric = changes.pop("metric", "wer")
    score = Score(metric=metric, version=1, value=value, low=low, high=high, n_scored=300, n_unscored=0, n_groups=300)
    fields: dict[str, Any] = {
        "model": model,
        "title": model,
        "kind": "neural",
        "licence": "MIT",
        "status": "complete",
        "tier": "standard",
        "n_samples": 300,
        "scores": {metric: score},
    }
    return ResultRow(**(fields | changes))


def table(
    *rows: ResultRow, column: MetricColumn = WORDS, differences: tuple[PairwiseDifference, ...] = (), **data: Any
) -> DatasetTable:
    fields: dict[str, Any] = {
        "name": "prompts",
        "title": "Telephone prompts",
        "truth": "human",
        "annotation": "",
        "limits": "One speaker in a studio; recordings are the clusters.",
        "author": "publisher",
        "licence": "CC0-1.0",
        "commercial": True,
        "group": "recording",
        "n_samples": 300,
        "n_groups": 300,
    }
    return DatasetTable(data=DatasetInfo(**(fields | data)), columns=(column,), rows=rows, differences=differences)


@pytest.mark.parametrize("asked", PACKAGED, ids=lambda asked: asked.name)
def test_every_packaged_capability_tells_its_value(asked: capabilities.Capability) -> None:
    assert asked.in_words and not in_words_problem(asked.in_words, asked.primary)
    column = MetricColumn(name="m", title="t", unit=asked.primary.unit, in_words=asked.in_words)
    told = plain_words.value(table(column=column), row("a", 0.5, 0.4, 0.6).scores["wer"])
    assert "{" not in told and "between" in told and ("about 50 in 100" in told) is (asked.primary.unit == "ratio")


def test_a_clause_with_a_wrong_field_is_refused() -> None:
    primary = capabilities.capability("enhance").primary
    assert "is no ratio" in in_words_problem("{in_100} of it", primary)
    assert in_words_problem("{value} and {value}", primary) and in_words_problem("none", primary)
    assert "no format string" in in_words_problem("{value", primary)


def test_the_whole_sentence() -> None:
    one = table(row("a", 0.031, 0.018, 0.049), speakers=2, languages=("en", "fr"))
    assert plain_words.sentence(one, one.rows[0]) == (
        "About 3 in 100 words are wrong, between 2 and 5, measured on 300 samples of “Telephone prompts”, 2 speakers in 2 languages; "
        "limits: one speaker in a studio."
    )


def test_what_weakens_a_number_is_told() -> None:
    one = table(row("a", 0.0, tier="smoke", n_failed=4), author="project", clusters="unknown", limits="")
    told = plain_words.sentence(one, one.rows[0])
    for said in ("0 in 100 words are wrong", "without an interval", "4 of 300 answers failed", "too small to choose by",
                 "written by this project", "are not marked"):  # fmt: skip
        assert said in told
    assert "limits" not in told
    assert "the same in all of the data" in plain_words.sentence(table(), row("a", 0.0, 0.0, 0.0))


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_without_a_value_the_reason_is_told(value: float | None) -> None:
    one = table(row("a", value, reason="it ran out of memory"))
    assert plain_words.sentence(one, one.rows[0]) == "No score on “Telephone prompts”: it ran out of memory."


def test_a_metric_without_a_clause_is_told_by_its_title() -> None:
    plug_in = MetricColumn(name="level", title="level error", unit="dB", higher_is_better=False)
    assert plain_words.value(table(column=plug_in), row("a", 2.5, 2.0, 3.0).scores["wer"]) == (
        "level error is about 2.50 dB, between 2.00 dB and 3.00 dB"
    )


@pytest.mark.parametrize(
    ("value", "better", "ends", "significant", "said"),
    [
        (2.06, "a", (0.5, 0.9), True, "0.72 above the noisy input (0.50 to 0.90)"),
        (1.14, UNTOUCHED, (0.1, 0.3), True, "0.20 below the noisy input (0.10 to 0.30)"),
        (1.40, "a", (-0.1, 0.2), False, "0.06 above the noisy input (-0.10 to 0.20, which may be chance)"),
        (1.40, UNTOUCHED, (-0.2, 0.1), False, "0.06 above the noisy input (-0.10 to 0.20, which may be chance)"),
    ],
)
def test_the_gain_over_the_unprocessed_input_is_told(
    value: float, better: str, ends: tuple[float, float], significant: bool, said: str
) -> None:
    untouched = row(UNTOUCHED, 1.34, metric="pesq", title="noisy input", kind="untouched")
    worse = UNTOUCHED if better == "a" else "a"
    pair = PairwiseDifference(
        better=better,
        worse=worse,
        difference=sum(ends) / 2,
        low=ends[0],
        high=ends[1],
        p=0.01,
        n_common=300,
        significant=significant,
    )
    one = table(row("a", value, 1.0, 3.0, metric="pesq"), untouched, column=PESQ, differences=(pair,))
    assert said in plain_words.sentence(one, one.rows[0])
    assert "above" not in plain_words.sentence(one, untouched)


@given(ends=st.lists(st.floats(0, 2), min_size=3, max_size=3).map(sorted))
def test_rounding_keeps_the_order_of_low_value_and_high(ends: list[float]) -> None:
    low, value, high = ends
    told, interval = plain_words.in_100(value, low, high)
    assert "nan" not in told
    if interval.startswith("between"):
        first, second = map(float, re.findall(r"[\d.]+", interval))
        assert first < second and abs(first - 100 * low) <= 0.5 and abs(second - 100 * high) <= 0.5
        if told.startswith("about"):
            assert first <= float(told.split()[1]) <= second


@given(share=st.floats(0, 1))
def test_a_count_is_never_all_or_none_unless_it_is(share: float) -> None:
    told, _ = plain_words.in_100(share)
    assert (told == "0 in 100") is (share == 0)
    assert (told == "100 in 100") is (100 * share == 100)

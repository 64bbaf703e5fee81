"""The figure of the untouched input, and who is above, level with or below it, on tables made by hand."""

from __future__ import annotations

from typing import Any

from model_lab.analysis import phrasing, unprocessed_baseline
from model_lab.analysis.schema import DatasetInfo, DatasetTable, MetricColumn, PairwiseDifference, ResultRow
from model_lab.results.schema import UNTOUCHED, Score


def row(model: str, value: float, **changes: Any) -> ResultRow:
    score = Score(
        metric="pesq", version=1, value=value, low=value - 0.1, high=value + 0.1, n_scored=21, n_unscored=0, n_groups=21
    )
    fields = {"model": model, "title": model, "kind": "neural", "licence": "MIT", "status": "complete", "scores": {"pesq": score}}
    return ResultRow(**(fields | changes))


def pair(better: str, worse: str, gap: float, significant: bool) -> PairwiseDifference:
    return PairwiseDifference(
        better=better, worse=worse, difference=gap, low=gap - 0.1, high=gap + 0.2, p=0.01, n_common=21, significant=significant
    )


def table(*pairs: PairwiseDifference, without: bool = False) -> DatasetTable:
    data = DatasetInfo(
        name="d",
        title="D",
        truth="human",
        annotation="",
        limits="",
        licence="",
        commercial=True,
        group="speaker",
        n_samples=21,
        n_groups=21,
    )
    models = row("up", 1.7), row("level", 1.4), row("down", 1.0), row("baseline_null", 1.34, kind="baseline")
    own = () if without else (row(UNTOUCHED, 1.34, kind="untouched", title="noisy input"),)
    column = MetricColumn(name="pesq", title="PESQ", unit="MOS", higher_is_better=True)
    return DatasetTable(data=data, columns=(column,), rows=(*models, *own), differences=pairs)


PAIRS = (
    pair("up", UNTOUCHED, 0.36, True),
    pair("level", UNTOUCHED, 0.06, False),
    pair(UNTOUCHED, "down", 0.34, True),
    pair("baseline_null", UNTOUCHED, 0.0, False),
    pair("up", "down", 0.7, True),
)


def test_every_model_is_held_against_the_input() -> None:
    assert list(unprocessed_baseline.sentences(table(*PAIRS))) == [
        "noisy input: pesq 1.34 [1.24, 1.44] (n 21).",
        "Significantly above the noisy input: up +0.36 [0.26, 0.56].",
        "Not significantly different from the noisy input (corrected for all pairs): level +0.06 [-0.04, 0.26].",
        "SIGNIFICANTLY BELOW the noisy input, which is worse than doing nothing: down -0.34 [-0.54, -0.24].",
    ]


def test_only_what_is_significantly_worse_is_below() -> None:
    assert [unprocessed_baseline.is_below(table(*PAIRS), model) for model in ("up", "level", "down", "absent")] == [
        False,
        False,
        True,
        False,
    ]


def test_without_comparisons_the_figure_stands_alone_and_without_the_row_there_is_none() -> None:
    assert list(unprocessed_baseline.sentences(table())) == ["noisy input: pesq 1.34 [1.24, 1.44] (n 21)."]
    assert list(unprocessed_baseline.sentences(table(without=True))) == []


def test_it_is_a_yardstick_and_is_called_what_it_is() -> None:
    own = unprocessed_baseline.untouched(table())
    assert own is not None and own.is_reference and phrasing.named(own) == "noisy input"

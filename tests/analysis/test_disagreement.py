"""Two systems sample by sample."""

from __future__ import annotations

import dataclasses
from typing import Any

from model_lab.analysis.disagreement import Disagreement, SampleDifference, disagreement, sample_values
from model_lab.capabilities import capability
from model_lab.metrics._base import Metric
from model_lab.results.scoring import score_cell
from model_lab.results.store import ResultCell
from tests.results.conftest import make_cell as make_cell
from tests.results.conftest import make_record as make_record
from tests.results.conftest import make_session as make_session
from tests.results.conftest import runs as runs
from tests.results.conftest import with_metrics as with_metrics

WER = capability("asr").metric("wer")
ROWS = [{"id": name, "text": "river stone cloud maple"} for name in "abcde"]
RIGHT = "river stone cloud maple"


def compared(first: ResultCell, second: ResultCell, metric: Metric = WER) -> Disagreement:
    return disagreement(sample_values(first, metric), sample_values(second, metric), metric.higher_is_better)


def test_wins_losses_and_the_furthest_apart_by_hand(make_cell: Any) -> None:
    ours = {"a": RIGHT, "b": "river", "c": RIGHT, "d": "river stone cloud", "e": ValueError("no")}
    theirs = {"a": "river stone", "b": RIGHT, "c": RIGHT, "d": "river stone", "e": RIGHT}
    first, second = make_cell("first", ROWS, ours), make_cell("second", ROWS, theirs)
    for cell in (first, second):
        score_cell(cell, "r")
    found = compared(first, second)
    assert (found.wins, found.ties, found.losses, found.undefined) == (2, 1, 1, 0)
    assert found.worst == (SampleDifference("b", 0.75, 0.0), SampleDifference("a", 0.0, 0.5), SampleDifference("d", 0.25, 0.5))
    turned = compared(second, first)
    assert (turned.wins, turned.losses) == (1, 2)


def test_higher_is_better_turns_it_round(make_cell: Any) -> None:
    first, second = make_cell("first", ROWS, {"a": RIGHT}), make_cell("second", ROWS, {"a": "river"})
    for cell in (first, second):
        score_cell(cell, "r")
    turned = dataclasses.replace(WER, higher_is_better=True)
    assert compared(first, second, turned).losses == 1


def test_a_metric_that_needs_several_samples_is_undefined_on_one(make_cell: Any) -> None:
    first, second = make_cell("first", ROWS, {"a": RIGHT}), make_cell("second", ROWS, {"a": "river"})
    for cell in (first, second):
        score_cell(cell, "r")

    def value(pooled: Any) -> float:
        raise ValueError("one sample has no correlation")

    found = compared(first, second, dataclasses.replace(WER, value=value))
    assert (found.undefined, found.worst) == (1, ())

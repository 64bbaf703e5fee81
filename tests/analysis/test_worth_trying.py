"""Models that published numbers make worth trying: held against published numbers of the same scorer and data alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_lab.analysis.recommendations import UseCase
from model_lab.analysis.scorecard import entries, scorecards
from model_lab.analysis.worth_trying import WorthTrying, within_limits, worth_trying
from model_lab.contract import ModelCard
from model_lab.results.store import RunFolder
from tests.analysis.test_published import TABLE, facts
from tests.scored_run import MakeCell, dataset_card, model_card

REGISTERED = {"Ours": ["ours"], "New": ["new"], "Other": ["other"]}
TWO = [{"dataset": "Clips", "split": "test"}, {"dataset": "Clips", "split": "other"}]


def found(folder: RunFolder, tmp_path: Path, *tables: dict[str, Any], new: ModelCard | None = None) -> tuple[WorthTrying, ...]:
    models = [model_card("ours"), new or model_card("new", parameters=2_000_000), model_card("other")]
    cards = scorecards(entries(folder)[0], models, [dataset_card()])
    return worth_trying(facts(tmp_path, *tables, registered=REGISTERED), cards, models)


@pytest.fixture(autouse=True)
def ours_ran(make_cell: MakeCell) -> None:
    make_cell("ours")
    make_cell("new", ended="new is not installed")


def test_a_better_published_number_makes_it_worth_trying(folder: RunFolder, tmp_path: Path) -> None:
    [one] = found(
        folder, tmp_path, TABLE | {"data": TWO, "values": {"Ours": [9.0, 20.0], "New": [5.0, 15.0], "Other": [9.5, 21.0]}}
    )
    assert one.model == "new" and len(one.pairs) == 2
    assert one.because == "5 % WER on Clips test, against 9 % published of ours; better on 2 of 2 data sets with both"
    assert "2 million parameters" in one.takes and "licence MIT" in one.takes and "0.5 GB of memory on cpu" in one.takes
    assert one.command == "model-lab setup new && model-lab fetch new && model-lab run new clips"
    assert one.plain()["published"][0] == {  # type: ignore[index]
        "metric": "WER",
        "unit": "%",
        "on": "Clips test",
        "scorer": "another",
        "value": 5.0,
        "source": "A paper",
        "date": "2025-01",
        "against": {"models": ["ours"], "value": 9.0, "source": "A paper"},
        "better": True,
    }


def test_better_on_half_of_the_data_is_not_enough(folder: RunFolder, tmp_path: Path) -> None:
    assert not found(folder, tmp_path, TABLE | {"data": TWO, "values": {"Ours": [9.0, 20.0], "New": [5.0, 25.0]}})


@pytest.mark.parametrize(
    "changes",
    [
        {"scorer": "a third"},
        {"scorer": None},
        {"data": [{"dataset": "Clips", "split": "dev"}]},
        {"data": [{"dataset": None}]},
        {"unit": "ratio"},
        {"ours": "cer"},
        {"ours": ""},
    ],
)
def test_another_scorer_split_or_metric_is_not_compared(folder: RunFolder, tmp_path: Path, changes: dict[str, Any]) -> None:
    apart = (TABLE | {"values": {"Ours": [9.0]}}, TABLE | {"values": {"New": [5.0]}})
    assert [one.model for one in found(folder, tmp_path, *apart)] == ["new"]
    assert not found(folder, tmp_path, apart[0], apart[1] | changes)


def test_higher_is_better_where_the_metric_says_so(folder: RunFolder, tmp_path: Path) -> None:
    """Of a metric that falls, a higher number is worse."""
    assert not found(folder, tmp_path, TABLE | {"values": {"Ours": [5.0], "New": [9.0]}})


def test_a_model_that_cannot_run_here_is_left_out(folder: RunFolder, tmp_path: Path) -> None:
    table = TABLE | {"values": {"Ours": [9.0], "New": [5.0]}}
    assert not found(folder, tmp_path, table, new=model_card("new", unsupported_reason="its code was never published"))
    assert not found(folder, tmp_path, table, new=model_card("new", capabilities=("vad",)))


def test_the_limits_of_a_use_case_rule_some_out(folder: RunFolder, tmp_path: Path) -> None:
    table = TABLE | {"values": {"Ours": [9.0], "New": [5.0]}}
    one = found(folder, tmp_path, table, new=model_card("new", licence={"code": "X", "commercial": False}, memory_gb=2.0))

    def kept(**limits: Any) -> int:
        return len(within_limits(one, UseCase(title="t", needs=limits.pop("needs", {"asr": {"weight": 1}}), **limits)))

    assert kept() == kept(max_memory_gb=2) == kept(device="cpu") == 1
    assert kept(licence="commercial") == kept(max_memory_gb=1) == kept(device="cuda") == kept(needs={"vad": {"weight": 1}}) == 0

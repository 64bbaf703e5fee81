"""Pairs of models over all they share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_lab.analysis.pairwise import compare_models
from model_lab.errors import BadConfig, UnknownName
from model_lab.results.scoring import score_cell
from model_lab.results.store import RunFolder, chosen
from tests.results.conftest import make_cell as make_cell
from tests.results.conftest import runs as runs

WORDS = "river stone cloud maple candle window garden silver"
ROWS = [{"id": f"s{number}", "text": WORDS} for number in range(12)]


@pytest.fixture
def folder(make_cell: Any, runs: Path) -> RunFolder:
    """``good`` makes no mistake, ``bad`` many, each time as many; ``elsewhere`` was asked about other data."""
    for model, answer, dataset in [
        ("good", lambda n: WORDS, "d"),
        ("bad", lambda n: " ".join(WORDS.split()[: 2 + n % 3]), "d"),
        ("elsewhere", lambda n: WORDS, "other"),
    ]:
        cell = make_cell(model, ROWS, {row["id"]: answer(number) for number, row in enumerate(ROWS)}, dataset=dataset)
        score_cell(cell, "r")
    return chosen(runs)


def test_a_pair_says_how_much_how_sure_and_where(folder: RunFolder) -> None:
    [pair] = compare_models([folder], ["bad", "good"])
    assert (pair.first, pair.second, pair.n_common) == ("good", "bad", 12)
    row = pair.row()
    assert row["verdict"] == "good is better"
    assert row["better/same/worse"] == "12/0/0"
    assert row["difference"] == "-62.5 points"
    assert str(row["furthest apart"]).startswith("s0 (0.0 % | 75.0 %)")


def test_another_metric_is_taken_by_name(folder: RunFolder) -> None:
    [pair] = compare_models([folder], ["good", "bad"], metric="cer")
    assert pair.metric.name == "cer"
    with pytest.raises(BadConfig, match=r"asr has no metric 'werr' \(did you mean 'wer'\?\)"):
        compare_models([folder], ["good", "bad"], metric="werr")


def test_models_that_share_nothing_are_refused(folder: RunFolder) -> None:
    with pytest.raises(BadConfig, match="no two of good, elsewhere were evaluated on one dataset in r"):
        compare_models([folder], ["good", "elsewhere"])
    with pytest.raises(BadConfig, match=r"r has no answers of 'goood' \(did you mean 'good'\?\)"):
        compare_models([folder], ["goood", "bad"])


def test_without_a_run_the_command_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="run: model-lab sprint"):
        chosen(tmp_path)


def test_models_are_compared_under_the_same_condition_apart_from_the_clean(folder: RunFolder, make_cell: Any) -> None:
    for model, words in (("good", 4), ("bad", 8)):
        answers = {row["id"]: " ".join(WORDS.split()[:words]) for row in ROWS}
        score_cell(make_cell(model, ROWS, answers, perturbation="noise:5", perturbation_revision="1"), "r")
    found = {pair.dataset: pair for pair in compare_models([folder], ["good", "bad"])}
    assert {name: pair.first for name, pair in found.items()} == {"d": "good", "d~noise-5": "bad"}
    assert found["d"].row()["difference"] == "-62.5 points"
    assert [pair.dataset for pair in compare_models([folder], ["good", "bad"], dataset="d")] == ["d"]

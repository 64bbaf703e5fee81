"""A run broken down by the columns of its data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_lab.analysis.breakdown import by_column, by_itself
from model_lab.capabilities import capability
from model_lab.errors import BadConfig, UnknownName
from model_lab.results.scoring import score_cell
from model_lab.results.store import RunFolder, chosen
from tests.results.conftest import make_cell as make_cell
from tests.results.conftest import runs as runs

WORDS = "river stone cloud maple candle window garden silver"
ROWS = [
    {"id": f"s{n}", "text": WORDS, "accent": "scots" if n % 2 else "welsh", "group": f"p{n}", "take": n, "codec": "g722"}
    for n in range(24)
]


@pytest.fixture
def folder(make_cell: Any, runs: Path) -> RunFolder:
    """``deaf`` misses half of what is said in Scots, ``good`` nothing."""
    for model, half in (("deaf", True), ("good", False)):
        answers = {row["id"]: " ".join(WORDS.split()[: 4 if half and row["accent"] == "scots" else 8]) for row in ROWS}
        score_cell(make_cell(model, ROWS, answers), "r")
    return chosen(runs)


def test_each_model_has_its_slices_and_its_gap(folder: RunFolder) -> None:
    (deaf, good), sentences = by_column(folder, "accent")
    assert not sentences
    assert [(str(row["accent"]), str(row["value"]), str(row["n"])) for row in deaf.rows()] == [
        ("scots", "50.0 %", "12"),
        ("welsh", "0.0 %", "12"),
    ]
    assert deaf.gap_row()["verdict"] == "scots is worse than welsh" and str(deaf.gap_row()["difference"]) == "50.0 points"
    assert good.gap_row()["verdict"] == "no significant difference"


def test_a_column_that_is_not_there_names_the_nearest(folder: RunFolder) -> None:
    with pytest.raises(UnknownName, match=r"r has no column 'acent' \(did you mean 'accent'\?\); there are: "):
        by_column(folder, "acent")
    with pytest.raises(BadConfig, match="d: column 'id' has another value in every sample"):
        by_column(folder, "id")
    with pytest.raises(BadConfig, match="d: column 'codec' is 'g722' in every sample"):
        by_column(folder, "codec")
    with pytest.raises(BadConfig, match=r"no model 'goood' \(did you mean 'good'\?\)"):
        by_column(folder, "accent", ["goood"])


def test_datasets_without_the_column_are_said(folder: RunFolder, make_cell: Any) -> None:
    plain = [{"id": row["id"], "text": WORDS} for row in ROWS]
    score_cell(make_cell("good", plain, {row["id"]: WORDS for row in ROWS}, dataset="plain"), "r")
    found, sentences = by_column(folder, "accent")
    assert {each.dataset for each in found} == {"d"}
    assert [sentence.partition(":")[0] for sentence in sentences] == ["plain"]


def test_a_report_breaks_down_by_what_it_recognises(folder: RunFolder) -> None:
    cells = {"deaf": folder.cell("deaf", "d")}
    assert [each.column for each in by_itself(cells, capability("asr").primary)["deaf"]] == ["accent"]
    assert [each.column for each in by_itself(cells, capability("asr").primary, ["take"])["deaf"]] == ["take", "accent"]

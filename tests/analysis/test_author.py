"""Who wrote the test is said wherever its table is shown."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from model_lab.analysis import phrasing
from model_lab.analysis.run_report import report
from model_lab.analysis.schema import DatasetInfo
from model_lab.report.site import write_report
from model_lab.report.terminal import scorecard
from model_lab.results.store import RunFolder
from tests.scored_run import MakeCell, dataset_card, model_card

CAVEAT = "This project wrote the test itself"


def test_a_test_of_this_project_is_marked_everywhere(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a")
    found = report(folder, [model_card("a")], [dataset_card(author="project")])
    [card] = found.scorecards
    terminal = io.StringIO()
    console = Console(width=200, file=terminal)
    console.print(scorecard(card, 200))
    place = write_report(found, folder, [model_card("a")]).parent
    texts = [terminal.getvalue(), *((place / name).read_text("utf-8") for name in ("index.md", "capabilities/asr.html"))]
    for text in texts:
        assert CAVEAT in text and "test written by this project" in text
    stored = json.loads((place / "index.json").read_text("utf-8"))["scorecards"][0]["tables"][0]
    assert stored["data"]["author"] == "project" and any(CAVEAT in caveat for caveat in stored["caveats"])


@pytest.mark.parametrize("author", ["publisher", "third-party", "unknown"])
def test_other_authors_are_named_without_a_caveat(folder: RunFolder, make_cell: MakeCell, author: str) -> None:
    make_cell("a")
    [card] = report(folder, [model_card("a")], [dataset_card(author=author)]).scorecards
    data: DatasetInfo = card.tables[0].data
    assert data.author == author and author.split("-")[0] in phrasing.facts(data)
    assert not any(CAVEAT in caveat for caveat in card.tables[0].caveats)

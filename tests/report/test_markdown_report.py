"""The Markdown twin of a whole report."""

from __future__ import annotations

import re

import pytest

from model_lab.analysis.run_report import report
from model_lab.analysis.schema import Report
from model_lab.report.markdown_report import markdown
from model_lab.report.site import write_report
from model_lab.results.store import RunFolder
from tests.formats.test_markdown import cells
from tests.scored_run import EVIL, MakeCell, broken, dataset_card, model_card, right, wrong


def evil_report(folder: RunFolder, make_cell: MakeCell) -> Report:
    """A run in which everything that a model or a user can write is hostile."""
    make_cell("good", right)
    make_cell("talker", lambda number: EVIL)
    make_cell("bad", broken)
    make_cell("absent", ended=EVIL)
    cards = [
        model_card(name, title=EVIL, licence={"code": EVIL, "commercial": False}) for name in ("good", "talker", "bad", "absent")
    ]
    return report(folder, cards, [dataset_card(title=EVIL, annotation=EVIL, licence=EVIL, group=EVIL, limits=EVIL)])


@pytest.fixture
def evil(folder: RunFolder, make_cell: MakeCell) -> Report:
    return evil_report(folder, make_cell)


@pytest.fixture
def plain(folder: RunFolder, make_cell: MakeCell) -> Report:
    make_cell("a")
    make_cell("b", wrong)
    make_cell("absent", ended="absent needs a thing; run: model-lab setup")
    return report(folder, [model_card("a"), model_card("b", "baseline"), model_card("absent")], [dataset_card()])


def test_the_markdown_twin_keeps_its_tables_whole(evil: Report) -> None:
    text = markdown(evil)
    tables = re.findall(r"(?:^\|.*\n?)+", text.split("## Environment")[0], flags=re.MULTILINE)
    assert len(tables) == 3
    for table in tables:
        assert len({len(cells(line)) for line in table.strip().split("\n")}) == 1
    assert "<script" not in text and "](javascript" not in text


def test_the_markdown_twin_shows_the_same_numbers(plain: Report) -> None:
    text = markdown(plain)
    assert re.search(r"\| 1 \| The a \(a\) \| neural \| 0\.0 % \| \[0\.0, 0\.0\] \| 24 \| 12 \|", text)
    assert "absent needs a thing; run: model-lab setup" in text
    assert text.count("\n## ") == 3


def test_a_table_can_be_linked_by_the_name_of_its_dataset(plain: Report) -> None:
    assert '<a id="clips"></a>\n\n### ' in markdown(plain)


def test_a_report_of_a_run_that_has_a_report_is_the_same(folder: RunFolder, plain: Report) -> None:
    write_report(plain, folder, [])
    again = report(folder, [model_card("a"), model_card("b", "baseline"), model_card("absent")], [dataset_card()])
    assert again == plain

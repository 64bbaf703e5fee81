"""Answers to perturbed sound: beside the clean ones in every face of a report, and never among them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from rich.cells import cell_len
from rich.console import Console

from model_lab import units
from model_lab.analysis import phrasing
from model_lab.analysis.run_report import report
from model_lab.analysis.schema import DatasetTable, Robustness
from model_lab.analysis.scorecard import entries, scorecards
from model_lab.metrics.statistics import holm
from model_lab.report import terminal
from model_lab.report.markdown_report import markdown
from model_lab.report.terminal import show
from model_lab.results.store import RunFolder
from tests.scored_run import EVIL, TEXT, MakeCell, broken, dataset_card, model_card, right, wrong

TEMPLATES = Path(terminal.__file__).parent / "templates"
CARDS = [model_card("a"), model_card("b"), model_card("chance", "baseline"), model_card("truth", "oracle")]


def slip(every: int):  # type: ignore[no-untyped-def]
    """A recogniser that leaves out the last of ten words of every so many samples."""
    return lambda number: TEXT.rsplit(" ", 1)[0] if number % every == 0 else TEXT


def hears(right_words: int):  # type: ignore[no-untyped-def]
    """A recogniser that hears so many of ten words."""
    return lambda number: " ".join(TEXT.split()[:right_words])


@pytest.fixture
def filled(folder: RunFolder, make_cell: MakeCell) -> RunFolder:
    make_cell("a", slip(2))
    make_cell("a", hears(5), under="noise:5")
    make_cell("a", slip(2), under="gain:-20")
    make_cell("b", right)
    make_cell("b", hears(2), under="noise:5")
    make_cell("chance", wrong)
    make_cell("chance", wrong, under="noise:5")
    make_cell("truth", right)
    make_cell("truth", right, under="noise:5")
    return folder


def only_table(folder: RunFolder) -> DatasetTable:
    (card,) = scorecards(entries(folder)[0], CARDS, [dataset_card()])
    (table,) = card.tables
    return table


def by_question(table: DatasetTable) -> dict[tuple[str, str], Robustness]:
    return {(row.model, row.perturbation): row for row in table.robustness}


def test_perturbed_answers_are_not_among_the_rows(filled: RunFolder) -> None:
    table = only_table(filled)
    assert sorted(row.model for row in table.rows) == ["a", "b", "chance", "truth"]
    assert {row.model: row.scores["wer"].value for row in table.rows}["a"] == pytest.approx(0.05)
    assert {pair.n_common for pair in table.differences} == {24}
    assert table.data.n_samples == 24


def test_every_model_but_the_oracle_has_a_row_for_each_condition(filled: RunFolder) -> None:
    found = by_question(only_table(filled))
    assert set(found) == {("a", "gain:-20"), ("a", "noise:5"), ("b", "noise:5"), ("chance", "noise:5")}
    noisy = found["a", "noise:5"]
    assert (noisy.metric, noisy.clean, noisy.perturbed) == ("wer", pytest.approx(0.05), pytest.approx(0.5))
    assert noisy.change == pytest.approx(0.45) and noisy.retention == pytest.approx(0.5 / 0.95)
    assert noisy.significant and noisy.n_common == 24 and noisy.n_groups == 12
    quiet = found["a", "gain:-20"]
    assert (quiet.change, quiet.retention, quiet.significant) == (0.0, 1.0, False)
    assert found["chance", "noise:5"].retention is None


def test_p_is_corrected_over_the_table(filled: RunFolder) -> None:
    together, known = only_table(filled).robustness, entries(filled)[0]
    alone = []
    for row in together:
        both = [entry for entry in known if entry.spec.model == row.model and entry.spec.perturbation in ("", row.perturbation)]
        (card,) = scorecards(both, CARDS, [dataset_card()])
        alone.append(card.tables[0].robustness[0].p or 0.0)
    assert len(alone) == 4 and [row.p for row in together] == holm(alone)


def test_what_takes_long_is_left_out_for_who_does_not_want_it(filled: RunFolder) -> None:
    (card,) = scorecards(entries(filled)[0], CARDS, [dataset_card()], compared=False)
    assert card.tables[0].robustness == () and len(card.tables[0].rows) == 4


def test_what_failed_under_a_condition_says_so(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a", right)
    make_cell("a", lambda number: RuntimeError("no") if number < 4 else right(number), under="noise:5")
    make_cell("a", broken, under="noise:0")
    make_cell("a", ended="babble needs more data", under="babble:10")
    make_cell("b", right, under="noise:5")
    found = by_question(only_table(folder))
    assert found["a", "noise:5"].n_common == 20
    assert "4 of 24 samples were scored without but not with the perturbation" in found["a", "noise:5"].note
    assert found["a", "noise:0"].change is None and "all 24 answers failed" in found["a", "noise:0"].note
    assert "babble needs more data" in found["a", "babble:10"].note
    assert "not evaluated without the perturbation" in found["b", "noise:5"].note


def test_perturbed_answers_alone_are_a_problem_and_no_table(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a", right, under="noise:5")
    said = report(folder, CARDS, [dataset_card()])
    assert said.scorecards == () and any("clips was only evaluated with perturbations" in problem for problem in said.problems)


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_terminal_shows_the_panel_in_its_width(filled: RunFolder, width: int) -> None:
    stream = io.StringIO()
    show(report(filled, CARDS, [dataset_card()]).scorecards, Console(file=stream, width=width))
    lines = stream.getvalue().splitlines()
    assert max(cell_len(line.rstrip()) for line in lines) <= width
    (row,) = [line for line in lines if line.strip().startswith("a ") and "noise:5" in line]
    assert re.search(r"\+45\.0 points\* \[4\d\.\d, 4\d\.\d\]", row)
    assert ("52.6 %" in row) == (width > 80)


def test_markdown_has_the_panel(filled: RunFolder) -> None:
    text = markdown(report(filled, CARDS, [dataset_card()]))
    (row,) = [line for line in text.splitlines() if line.startswith("| a | noise:5 |")]
    assert re.match(r"\| a \| noise:5 \| 5\.0 % \| 50\.0 % \| \+45\.0 points\\\* \[.*\] \| 52\.6 % \[.*\] \| .* \| 24 \|$", row)


def rendered(table: DatasetTable) -> str:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.globals.update(units=units, words=phrasing)
    environment.filters["line"] = lambda text: units.one_line(str(text))
    environment.filters["breakable"] = lambda name: escape(units.one_line(name)).replace("_", Markup("_<wbr>"))
    source = '{% import "robustness.html" as robust with context %}{{ robust.robustness(table) }}'
    return environment.from_string(source).render(table=table)


def test_html_has_the_panel(filled: RunFolder) -> None:
    page = rendered(only_table(filled))
    assert page.count('<th scope="rowgroup"') == 3 and page.count('<th scope="row">') == 4
    assert "+45.0 points*" in page and "52.6 %" in page and 'tabindex="0" role="region" aria-label="Robustness on' in page


def test_html_escapes_and_is_empty_without_perturbations(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a", right)
    assert rendered(only_table(folder)).strip() == ""
    make_cell("a", ended=EVIL, under="noise:5")
    page = rendered(only_table(folder))
    assert "<script>" not in page and "alert" in page

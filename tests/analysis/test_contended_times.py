"""A contended speed is marked wherever it stands."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from model_lab.analysis import matrix
from model_lab.analysis.run_report import report
from model_lab.analysis.schema import Report
from model_lab.analysis.table_cells import as_value
from model_lab.report import render
from model_lab.report.markdown_report import markdown
from model_lab.report.terminal import show
from model_lab.results.store import RunFolder
from tests.scored_run import MakeCell, dataset_card, model_card, rewrite

SPEED = {
    "latency_p50_s": 0.5,
    "latency_p95_s": 0.75,
    "real_time_factor": 2.11,
    "cold_start_s": 3.0,
    "peak_memory_mb": 300.0,
    "n_timed": 23,
    "contended": True,
    "waited_share": 0.88,
}
CARDS = [model_card("held_up"), model_card("free")]


@pytest.fixture
def said(folder: RunFolder, make_cell: MakeCell) -> Report:
    """A run of two models, one of which was timed while others had the cores."""
    rewrite(make_cell("held_up"), speed=SPEED)
    rewrite(make_cell("free"), speed=SPEED | {"real_time_factor": 0.25, "contended": False, "waited_share": 0.0})
    return report(folder, CARDS, [dataset_card()])


def test_the_terminal_marks_it_and_says_what_to_do(said: Report) -> None:
    stream = io.StringIO()
    show(said.scorecards, Console(file=stream, width=240))
    [held_up, free] = [line for line in stream.getvalue().splitlines() if "300 MB" in line and line.strip().startswith("1 ")][
        ::-1
    ]
    assert all(f"{shown} †" in held_up for shown in ("2.11", "500 ms", "750 ms", "3.00 s")) and "†" not in free
    legend = " ".join(stream.getvalue().split())
    assert "† contended: other processes used the CPU cores (held_up waited 88 % of its time)" in legend
    assert "run: model-lab time synthetic" in legend


def test_markdown_html_and_json_mark_it(said: Report) -> None:
    text = markdown(said)
    assert all(f"{shown} †" in text for shown in ("2.11", "500 ms", "750 ms", "3.00 s"))
    assert "0.250 †" not in text and "model-lab time synthetic" in text
    page = render.html("board.html", said.run, "x", card=said.scorecards[0], left_out=0)
    assert page.count("†") == 5 and "model-lab time synthetic" in page
    rows = said.model_dump(mode="json")["scorecards"][0]["tables"][0]["rows"]
    assert {row["model"]: row["speed"]["contended"] for row in rows} == {"held_up": True, "free": False}


def test_the_matrix_marks_it(said: Report) -> None:
    shown = {entry.card.name: as_value(entry.shown()["RTF"]) for entry in matrix.matrix(said.scorecards, CARDS, {})}
    assert (shown["held_up"].text, shown["held_up"].plain) == ("2.11 (contended)", "2.11 (contended)")
    assert (shown["free"].text, shown["free"].plain) == ("0.250", 0.25)


def test_nothing_is_said_where_nothing_was_held_up(folder: RunFolder, make_cell: MakeCell) -> None:
    rewrite(make_cell("free"), speed=SPEED | {"contended": None})
    assert "†" not in markdown(report(folder, CARDS, [dataset_card()]))

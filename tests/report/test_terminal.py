from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from model_lab.analysis.run_report import report
from model_lab.report.terminal import show
from model_lab.results.store import RunFolder
from tests.scored_run import EVIL, MakeCell, broken, dataset_card, model_card, wrong


def printed(folder: RunFolder, width: int) -> list[str]:
    cards = [model_card("a"), model_card("a_model_with_quite_a_long_name"), model_card("chance", "baseline")]
    stream = io.StringIO()
    show(report(folder, cards, [dataset_card()]).scorecards, Console(file=stream, width=width))
    return stream.getvalue().splitlines()


@pytest.fixture
def filled(folder: RunFolder, make_cell: MakeCell) -> RunFolder:
    make_cell("a")
    make_cell("a_model_with_quite_a_long_name", wrong)
    make_cell("chance", wrong)
    make_cell("absent", ended="absent [red]needs[/red] a thing")
    return folder


def heading(lines: list[str]) -> str:
    return next(line for line in lines if "model" in line and "wer" in line)


@pytest.mark.parametrize("width", [60, 80, 100, 140, 220])
def test_no_line_is_wider_than_the_terminal(filled: RunFolder, width: int) -> None:
    assert max(cell_len(line.rstrip()) for line in printed(filled, width)) <= width


def test_a_hundred_columns_hold_what_matters(filled: RunFolder) -> None:
    lines = printed(filled, 100)
    assert all(name in heading(lines) for name in ("#", "model", "wer ↓", "n", "RTF", "memory"))
    (row,) = [line for line in lines if line.strip().startswith("1 ")]
    assert "0.0 % [0.0, 0.0]" in row and "24" in row and "0.250" in row and "123 MB" in row


def test_a_wider_terminal_shows_more_columns(filled: RunFolder) -> None:
    columns = [set(heading(printed(filled, width)).split()) for width in (70, 100, 480)]
    assert columns[0] < columns[1] < columns[2]
    assert {"p50", "p95", "cold", "cer", "licence"} <= columns[2]


def test_what_did_not_run_is_named_with_its_reason_as_it_stands(filled: RunFolder) -> None:
    text = " ".join(" ".join(printed(filled, 100)).split())
    assert "absent" in text and "absent [red]needs[/red] a thing" in text
    assert "chance (baseline)" in text


def test_control_characters_never_reach_the_terminal(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a", lambda number: RuntimeError(f"\x1b[2J\x07 {EVIL}"))
    make_cell("absent", ended="\x1b]0;title\x07 gone")
    text = "\n".join(printed(folder, 120))
    assert "\x1b" not in text and "\x07" not in text and "script" in text


def test_shared_remarks_are_said_once(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("a", samples=8)
    make_cell("b", broken, samples=8)
    make_cell("c", wrong, samples=8)
    remarks = [line for line in printed(folder, 200) if "only 4 groups" in line]
    assert len(remarks) == 1 and remarks[0].strip().startswith("all: ")

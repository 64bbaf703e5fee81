"""Whatever a cell holds stands in the table as it is."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from model_lab.cli import tables
from model_lab.cli.screen import Screen
from model_lab.report.terminal_text import as_is
from tests.cli.test_commands import cli

MARKUP = st.sampled_from(
    ["[", "]", "[/", "[bold]", "[/x]", ":warning:", "\\", "[link=x]", "\x1b[31m", "(1 % | 2 %)", " ", "é", "語"]
)
TEXTS = st.lists(MARKUP | st.text(max_size=5), max_size=8).map("".join)


def printed(text: str) -> str:
    """As a wide terminal shows it."""
    out = io.StringIO()
    Console(file=out, width=2000, force_terminal=False).print(as_is(text), soft_wrap=True)
    return out.getvalue()


@given(TEXTS.filter(lambda text: text.isprintable()))
def test_printable_text_comes_out_as_it_is(text: str) -> None:
    assert printed(text) == text + "\n"
    out = io.StringIO()
    with redirect_stdout(out):
        tables.show([{"furthest apart": f"<{text}>", f"<{text}>": 1}], as_json=False)
    shown = out.getvalue().replace("\n", "")
    if len(text.encode()) < 60:
        assert shown.count(f"<{text}>") == 2


@given(st.text())
def test_no_text_is_a_command_to_the_terminal_or_cannot_be_printed(text: str) -> None:
    shown = printed(text)
    assert all(sign.isprintable() or sign == "\n" for sign in shown)
    shown.encode()


@pytest.mark.parametrize("name", ["vad", "tempo", "classify", "caption", "kws"])
def test_columns_are_shown_as_they_are(name: str) -> None:
    shown = "".join(line[18:].rstrip() + " " for line in cli("show", name).stdout.splitlines())
    for meaning in json.loads(cli("show", name, "--json").stdout)["manifest columns"].values():
        assert "".join(json.dumps(meaning, ensure_ascii=False).split()) in "".join(shown.split())


def test_lines_beside_the_bars_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    with Screen() as screen:
        screen.planned("[/x] model", 1, 0)
        screen.loading("[/x] model")
        screen.progress("[/y] data", 1, 2)
        screen.say("[/z] [bold]said[/bold] :warning:")
    told = capsys.readouterr().err
    assert "[/z] [bold]said[/bold] :warning:" in told


@pytest.mark.parametrize("words", [["pipeline", "evaluate"], ["run"], ["sprint"]])
def test_help_keeps_its_brackets(words: list[str]) -> None:
    shown = " ".join(cli(*words, "--help").stdout.split())
    wanted = {
        "evaluate": "marked, [[start, end], ...] (the",
        "run": "[DATASET | FILE... | TEXT...]",
        "sprint": "NAME[:VALUE][+...]",
    }
    assert wanted[words[-1]] in shown

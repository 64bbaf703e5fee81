"""What is shown while the bench works: bars on a terminal, plain lines in a log."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from model_lab.cli.progress import Lines, LiveBars, display
from model_lab.cli.screen import Screen
from model_lab.results.schema import SampleResult


def result(status: str = "ok") -> SampleResult:
    return SampleResult(sample_id="a", status=status)  # type: ignore[arg-type]


def test_a_terminal_gets_bars_and_a_log_or_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(display(Console(file=io.StringIO(), force_terminal=True)), LiveBars)
    assert isinstance(display(Console(file=io.StringIO(), force_terminal=False)), Lines)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(display(Console(file=io.StringIO(), force_terminal=True)), Lines)


def test_a_log_is_told_what_begins_how_far_it_is_and_what_ends_in_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Screen() as screen:
        screen.planned("[odd] model", 3, 1)
        screen.planned("other", 4, 0)
        screen.loading("[odd] model")
        screen.answered("[odd] model", result())
        screen.answered("[odd] model", result("failed"))
        screen.progress("a package", 0, 0)
        screen.progress("a package", 123_456_789, 0)
        assert isinstance(screen._display, Lines)
        screen._display.summarize()
        screen.progress("a package", 123_456_789, 123_456_789)
        screen.ended("[odd] model", "")
        screen.ended("other", "it cannot run")
    out, err = capsys.readouterr()
    assert out == ""
    assert "\x1b" not in err and "\r" not in err
    assert re.sub(r", \d+ s\b", "", err).splitlines() == [
        "all models: started",
        "[odd] model: started",
        "a package: started",
        "all models 3 of 7; [odd] model 3 of 3; a package 123.5 M so far",
        "a package: ended, 123.5 M of 123.5 M",
        "[odd] model: ended, 3 of 3",
        "[odd] model: 1 samples failed; see its row in the report",
        "other: it cannot run",
        "all models 3 of 7",
    ]


def test_a_log_is_told_again_and_again_while_something_takes_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model_lab.cli.progress.LOG_INTERVAL_S", 0.01)
    with Screen() as screen:
        screen.progress("long", 1, 2)
        seen = ""
        while seen.count("long 1 of 2") < 3:
            seen += capsys.readouterr().err
    assert "\x1b" not in seen

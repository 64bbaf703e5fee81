"""A data check on the terminal: the suspicions by check, with an example of each."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from model_lab import units
from model_lab.datasets.checking import DataReport
from model_lab.report.terminal_text import as_is

_STYLES = {"error": "red", "warning": "yellow", "note": ""}


def show(report: DataReport, console: Console | None = None) -> None:
    """Print a report: what was checked, then a row for every check that suspects something."""
    console = console or Console()
    samples = len(report.data.samples)
    checked = f"{units.count(samples)} sample{'s' * (samples != 1)}, {units.seconds(report.seconds)} of sound"
    if not report.suspicions:
        console.print(as_is(f"{checked}: nothing is suspected"))
        return
    counts = [f"{units.count(count)} {severity}{'s' * (count != 1)}" for severity, count in report.severities.items()]
    console.print(as_is(f"{checked}: {', '.join(counts)}"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, justify in (
        ("severity", "left"),
        ("check", "left"),
        ("n", "right"),
        ("for example", "left"),
        ("what to do", "left"),
    ):
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for check, suspicions in report.by_check.items():
        first = suspicions[0]
        example = units.one_line(f"{first.sample}: {first.seen}" if first.sample else first.seen, 160)
        cells = (check.severity, check.name, units.count(len(suspicions)), example, check.advice)
        table.add_row(*(as_is(cell) for cell in cells), style=_STYLES[check.severity])
    console.print(table)

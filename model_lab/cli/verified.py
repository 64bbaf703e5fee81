"""What the command verify prints."""

from __future__ import annotations

import json

from rich.console import Console

from model_lab.analysis.held_out import HeldOutCheck
from model_lab.cli import tables
from model_lab.report.terminal_text import as_is


def show(checked: HeldOutCheck, as_json: bool) -> None:
    """Print the verdict on each dataset of the run, its numbers, and what was left out."""
    if as_json:
        content = {
            "verifications": [one.plain() for one in checked.verifications],
            "other_run": checked.other_run,
            "left_out": list(checked.left_out),
        }
        print(json.dumps(content, indent=1, ensure_ascii=False))
        return
    console = Console()
    for one in checked.verifications:
        console.print(as_is(one.verdict, "bold"), soft_wrap=True)
        for line in one.lines():
            console.print(as_is(f"  {line}"), soft_wrap=True)
        tables.show(list(one.rows()), False)
    for sentence in checked.left_out:
        console.print(as_is(f"left out: {sentence}"), soft_wrap=True)
    console.print(as_is(f"scores on the other data: model-lab report {checked.other_run}"), soft_wrap=True)

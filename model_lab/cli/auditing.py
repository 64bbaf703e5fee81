"""The command that audits references: suspects to listen to, marks, and scores without the marked samples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model_lab.cli.inspecting import JSON
from model_lab.cli.running import RUNS

if TYPE_CHECKING:
    from model_lab.analysis.audit import DatasetAudit, HeardSample


def register(app: typer.Typer) -> None:
    """Add this module's command to ``app``."""
    app.command()(audit)


def audit(
    run: Annotated[str, typer.Argument(help="A run's name; the newest by default.")] = "",
    dataset: Annotated[str, typer.Option("--dataset", help="Only this dataset.")] = "",
    mark: Annotated[str, typer.Option("--mark", metavar="ID", help="Mark the reference of this sample, with --as.")] = "",
    verdict: Annotated[str, typer.Option("--as", metavar="VERDICT", help="What the mark says: wrong, fine or unsure.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, in your words, kept with the mark.")] = "",
    agree: Annotated[
        float | None,
        typer.Option("--agree", help="Worst value of the metric between two answers that agree, instead of the capability's."),
    ] = None,
    differ: Annotated[
        float | None, typer.Option("--differ", help="Best value of the metric of an answer that differs from the reference.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Number of suspects per dataset to list.")] = 20,
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """List references that good models contradict with one voice, to listen to and mark; scores with and without the marked ones.

    Suspect: two models of different families, from the better half, agree with each other and not with the reference. Marks are kept in a
    file beside your manifest, or in RUNS/audits; data is never changed.
    """
    from model_lab.analysis.reference_audit import audit_run, question_of
    from model_lab.errors import BadConfig
    from model_lab.results import marks
    from model_lab.results.store import chosen

    folder = chosen(runs, run)
    if bool(mark) != bool(verdict):
        raise BadConfig(f"{'--mark needs --as VERDICT' if mark else '--as needs --mark ID'}: wrong, fine or unsure")
    if reason and not mark:
        raise BadConfig("--reason is of a mark; name the sample with --mark ID")
    if mark:
        decided = marks.verdict_of(verdict)
        place, question, path = question_of(folder, mark, dataset)
        marks.mark(path, place, question, decided, reason)
        print(f"{mark} of {place} is marked {decided} in {path}; to see it in the report: model-lab report {folder.name}")
        return
    audits = audit_run(folder, dataset, agree, differ, most)
    if as_json:
        print(json.dumps([asdict(each) for each in audits], indent=1, ensure_ascii=False))
        return
    for each in audits:
        _show(each)


def _show(audit: DatasetAudit) -> None:
    from model_lab.analysis import audit_rows
    from model_lab.cli import tables

    print(f"{audit.dataset} ({audit.capability})")
    for sentence in audit_rows.sentences(audit):
        print(f"  {sentence}")
    for sample in audit.samples:
        print()
        for line in _lines(sample, audit.unit):
            print(f"  {line}")
    for rows in (audit_rows.reproduced(audit), audit_rows.without(audit)):
        if rows:
            print()
            tables.show(rows, False)
    print()


def _lines(sample: HeardSample, unit: str) -> Iterator[str]:
    from model_lab.analysis import audit_rows
    from model_lab.report.terminal_text import as_is

    marked = f", marked {sample.mark}{f' ({sample.reason})' if sample.reason else ''}" if sample.mark else ""
    yield as_is(f"{sample.sample_id}{marked}").plain
    for path in sample.sounds:
        yield as_is(f"  sound      {path}").plain
    yield as_is(f"  reference  {sample.reference}").plain
    for model, answer in sample.answers.items():
        yield as_is(f"  {audit_rows.distance(sample, model, unit):>9}  {model}: {answer}").plain

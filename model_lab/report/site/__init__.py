"""The report of a run as a folder of pages that opens from disk: HTML, with every table also in Markdown and JSON."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from model_lab.analysis import leaderboard_rows
from model_lab.analysis import overview as glance
from model_lab.analysis.decisions import Decisions, decide
from model_lab.analysis.schema import Report
from model_lab.contract import ModelCard
from model_lab.files import translate_os_errors
from model_lab.report import render
from model_lab.report.markdown_report import markdown
from model_lab.report.site import decisions, page_formats, samples
from model_lab.report.site.audit import suspects, to_hear
from model_lab.report.site.capability import capability_page
from model_lab.report.site.comparison import comparison
from model_lab.report.site.evidence import evidence
from model_lab.report.site.model import models
from model_lab.report.site.page import Grid, Page, PageSection, put
from model_lab.report.site.samples import DETAILED, Samples
from model_lab.report.site.slices import slices
from model_lab.report.site.use_case import use_case
from model_lab.results.store import RunFolder


def write_report(report: Report, folder: RunFolder, registered: Sequence[ModelCard], detailed: int = DETAILED) -> Path:
    """Write ``report/`` into the run folder, whole or not at all; returns the path of its first page.

    ``registered``: the models that are registered; ``detailed``: how many samples of each dataset get a page of their own. Raises
    `StoreError` if it cannot be written.
    """
    place, fresh = folder.path / "report", folder.path / "report.partial"
    with translate_os_errors(place):
        shutil.rmtree(fresh, ignore_errors=True)
        decided = decide(report.scorecards, registered)
        for name, text in render.assets().items():
            put(fresh / name, text)
        tables = {(card.capability, table.data.name): table for card in report.scorecards for table in card.tables}
        cells = {key: {row.model: folder.cell(row.model, key[1]) for row in table.rows} for key, table in tables.items()}
        listed = samples.write(fresh, cells, tables, report.run, detailed, to_hear)
        _write_first(report, decided, listed, fresh)
        for page in pages(report, decided, registered, listed):
            _write(page, report.run, fresh)
        if place.exists():
            shutil.rmtree(place)
        fresh.rename(place)
    return place / "index.html"


def pages(report: Report, decided: Decisions, registered: Sequence[ModelCard], listed: Samples) -> Iterator[Page]:
    """All pages but the first and those of samples, which are where ``listed`` says."""
    yield decisions.decisions(decided, listed)
    yield matrix(decided)
    for card in report.scorecards:
        yield capability_page(card, decided, listed)
        yield comparison(card, listed)
        yield from slices(card)
        yield from suspects(card, listed)
    yield from models(report.scorecards, registered, decided)
    for case in decisions.advice(decided):
        yield use_case(case, listed)
    yield evidence(report)


def matrix(decided: Decisions) -> Page:
    """The page of every model in every capability."""
    rows = tuple(entry.shown() for entry in decided.matrix)
    return Page(
        path="matrix",
        title="Every model in every capability",
        lead="The grade of each scored model, or the reason why it has none.",
        sections=(PageSection("Matrix", grids=(Grid("Models and capabilities", rows),)),),
    )


def _write_first(report: Report, decided: Decisions, listed: Samples, place: Path) -> None:
    put(place / "index.json", report.model_dump_json(indent=1) + "\n")
    put(place / "index.md", markdown(report, page_formats.sections(decisions.decisions(decided, listed))))
    shown = render.html(
        "index.html",
        report.run,
        report.run,
        stem="index",
        report=report,
        totals=glance.totals(report),
        leaders=glance.leaders(report),
        matrix=glance.matrix(report),
        letters={(grade.model, grade.capability): grade.letter for grade in decided.grades if grade.letter},
        leaderboard=_leaderboard(report),
        use_cases=decisions.advice(decided),
        not_ranked=decisions.NOT_RANKED,
        listed=listed,
    )
    put(place / "index.html", shown)


def _leaderboard(report: Report) -> PageSection | None:
    """The leaderboard of a benchmark's sprint."""
    if (board := report.leaderboard) is None:
        return None
    title = leaderboard_rows.title(board)
    return PageSection(title, board.notes, (Grid(title, leaderboard_rows.shown(board)),))


def _write(page: Page, run: str, place: Path) -> None:
    name = page.path.rpartition("/")[2]
    put(place / f"{page.path}.html", render.html("page.html", run, page.title, page.root, name, page=page))
    put(place / f"{page.path}.md", page_formats.markdown(page))
    put(place / f"{page.path}.json", page_formats.plain(page))
    for section in page.sections:
        for picture in section.pictures:
            put(place / picture.path, picture.svg)

"""A page as Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from model_lab.analysis.table_cells import Value
from model_lab.formats import markdown as md
from model_lab.report.markdown_report import fenced, scorecard
from model_lab.report.site.page import Grid, Page, PageSection


def markdown(page: Page, kept: Collection[str] | None = None) -> str:
    """The page as GitHub-flavoured Markdown, with links to the Markdown of other pages: of those in ``kept``, or of all.

    Pages of samples are linked as HTML, as their lists have no Markdown.
    """
    parts = [f"# {md.escape(page.title)}", md.escape(page.lead)]
    if page.scorecard:
        parts += scorecard(page.scorecard)
    return "\n\n".join(part for part in [*parts, *sections(page, kept)] if part) + "\n"


def sections(page: Page, kept: Collection[str] | None = None) -> list[str]:
    """The sections of the page as parts of a Markdown page in the same folder."""
    return [part for section in page.sections for part in _section(section, page.root, kept)]


def _section(section: PageSection, root: str, kept: Collection[str] | None) -> Iterator[str]:
    yield f"## {md.escape(section.title)}"
    for sentence in section.sentences:
        yield _linked(sentence, root, kept)
    if section.code:
        yield fenced(section.code, "sh")
    for picture in section.pictures:
        yield f"![{md.escape(picture.caption)}]({root}{picture.path})"
    for grid in section.grids:
        yield _grid(grid, root, kept)
    if section.facts:
        yield fenced(json.dumps(section.facts, indent=1, ensure_ascii=False), "json")


def _grid(grid: Grid, root: str, kept: Collection[str] | None) -> str:
    if not grid.rows:
        return ""
    return md.table(grid.headings, [[md.Ready(_linked(cell, root, kept)) for cell in row] for row in grid.cells], grid.numbers)


def _linked(shown: Value, root: str, kept: Collection[str] | None) -> str:
    text, (page, sign, place) = md.escape(shown.text), shown.href.partition("#")
    if not (text and page) or (kept is not None and page not in kept):
        return text
    target = page if page.startswith("samples/") else f"{page.removesuffix('.html')}.md"
    return f"[{text}]({root}{target}{sign}{place})"


def plain(page: Page) -> str:
    """The page as JSON: its tables with the numbers behind the text."""
    content = {
        "title": page.title,
        "lead": page.lead,
        "scorecard": page.scorecard.model_dump(mode="json") if page.scorecard else None,
        "sections": [
            {
                "title": section.title,
                "text": [sentence.text for sentence in section.sentences],
                "tables": [
                    {
                        "caption": grid.caption,
                        "rows": [dict(zip(grid.headings, (cell.plain for cell in row), strict=True)) for row in grid.cells],
                    }
                    for grid in section.grids
                ],
                "facts": section.facts,
                "code": section.code,
            }
            for section in page.sections
        ],
    }
    return json.dumps({key: value for key, value in content.items() if value is not None}, indent=1, ensure_ascii=False) + "\n"

"""What to use for what: the advice for every use case, first for a reader with a minute, then with everything behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model_lab import units
from model_lab.analysis.decisions import Decisions
from model_lab.analysis.links import slug, to_dataset, to_model
from model_lab.analysis.table_cells import Shown, Value
from model_lab.analysis.use_case_lines import NeedLine
from model_lab.analysis.verdicts import Recommendation
from model_lab.analysis.worth_trying import WorthTrying
from model_lab.report.site.page import Grid, Page, PageSection
from model_lab.report.site.samples import Samples

NOT_RANKED = (
    "Not run here and not ranked with what was. Their published numbers are better than those published of models that were run, by the same "
    "stated scorer on the same data; neither has an interval, and models without such a number, perhaps a recommended one, are compared with nothing."
)


@dataclass(frozen=True)
class UseCaseAdvice:
    """A use case on the first page: its needs, the heaviest first, and the models worth trying."""

    name: str
    advised: Recommendation
    lines: tuple[NeedLine, ...]
    to_try: tuple[WorthTrying, ...]

    @property
    def href(self) -> str:
        """Its page."""
        return f"use-cases/{slug(self.name)}.html"

    @property
    def met(self) -> list[NeedLine]:
        """The needs that have a model."""
        return [line for line in self.lines if line.model]

    @property
    def unmet(self) -> list[NeedLine]:
        """The needs that no model meets."""
        return [line for line in self.lines if not line.model]


def advice(decided: Decisions) -> tuple[UseCaseAdvice, ...]:
    """Every use case, in the order of the file."""
    return tuple(
        UseCaseAdvice(name, advised, decided.lines[name], decided.to_try_for(name)) for name, advised in decided.advice.items()
    )


def decisions(decided: Decisions, listed: Samples) -> Page:
    """The page with a row for every need of every use case."""
    rows = tuple(_row(case, line, listed) for case in advice(decided) for line in case.lines)
    return Page(
        path="decisions",
        title="What to use for what",
        lead="A row for each need of each use case: the model of the stack, its score in words, and what would change the advice.",
        sections=(
            PageSection("Advice", grids=(Grid("Advice for every need", rows),)),
            *to_try(decided.to_try),
        ),
    )


def to_try(found: Sequence[WorthTrying]) -> Iterator[PageSection]:
    """Models worth trying, if there are any."""
    if found:
        yield PageSection("Worth trying", text=(NOT_RANKED,), grids=(Grid("Worth trying", tuple(one.shown() for one in found)),))


def in_words(lines: Sequence[NeedLine], listed: Samples) -> Grid:
    """The needs of one use case as a table."""
    return Grid("The stack in words", tuple(_need(line, listed) for line in lines))


def _row(case: UseCaseAdvice, line: NeedLine, listed: Samples) -> Shown:
    return {"use case": Value(case.advised.use_case.title, href=case.href), **_need(line, listed)}


def _need(line: NeedLine, listed: Samples) -> Shown:
    name = line.table.data.name if line.table else ""
    samples = listed.get((line.capability, name))
    return {
        "need": line.title,
        "model": to_model(line.model) if line.model else "none",
        "in words": Value(line.sentence, href=to_dataset(line.capability, name).href if name else ""),
        "evidence": line.evidence or units.MISSING,
        "tied with": ", ".join(line.ties) or units.MISSING,
        "would change with": "; ".join(line.changes) or units.MISSING,
        "samples": Value(name, href=samples.list) if samples else units.MISSING,
    }

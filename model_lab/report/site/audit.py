"""A capability's page of suspect references: what good models say instead, and scores without the samples that people marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from model_lab import units
from model_lab.analysis import audit_rows
from model_lab.analysis.audit import DatasetAudit, HeardSample
from model_lab.analysis.links import slug
from model_lab.analysis.schema import DatasetTable, Scorecard
from model_lab.analysis.table_cells import Shown, Value
from model_lab.report.site.page import Grid, Page, PageSection
from model_lab.report.site.samples import Samples


def path(capability: str) -> str:
    """Where the page is, relative to the report, without ending."""
    return f"audit/{slug(capability)}"


def to_hear(table: DatasetTable) -> list[str]:
    """The samples of a table that get a page of their own because their reference is suspect or marked."""
    return [sample.sample_id for sample in table.audit.samples] if table.audit else []


def suspects(card: Scorecard, listed: Samples) -> Iterator[Page]:
    """The page of one capability, if the answers on one of its datasets can be compared."""
    sections = [
        _section(table, table.audit, listed[card.capability, table.data.name].pages) for table in card.tables if table.audit
    ]
    if sections:
        yield Page(
            path=path(card.capability),
            title=f"{card.title}: suspect references",
            lead="Samples on which good models agree with each other and not with the reference. Choose a sample to hear it, then mark it: "
            "model-lab audit RUN --mark ID --as wrong|fine|unsure.",
            sections=tuple(sections),
        )


def _section(table: DatasetTable, audit: DatasetAudit, pages: Mapping[str, str]) -> PageSection:
    grids = [
        Grid(f"Suspect and marked references of {audit.dataset}", tuple(_sample(each, audit, pages) for each in audit.samples)),
        Grid(f"Models that give them back on {audit.dataset}", tuple(audit_rows.reproduced(audit))),
        Grid(f"Scores with and without the marked samples of {audit.dataset}", tuple(audit_rows.without(audit))),
    ]
    shown = len(audit.samples)
    few = (f"The first {units.count(shown)} are listed.",) if shown < audit.n_suspects else ()
    return PageSection(
        table.data.title, text=(*audit_rows.sentences(audit), *few), grids=tuple(grid for grid in grids if grid.rows)
    )


def _sample(sample: HeardSample, audit: DatasetAudit, pages: Mapping[str, str]) -> Shown:
    answers = (
        f"{model}{f' ({apart})' if (apart := audit_rows.distance(sample, model, audit.unit)) else ''}: {answer}"
        for model, answer in sample.answers.items()
    )
    return {
        "sample": Value(sample.sample_id, href=pages.get(sample.sample_id, "")),
        "reference": sample.reference,
        "answers": " | ".join(answers),
        "marked": " ".join(filter(None, [sample.mark, f"({sample.reason})" if sample.reason else ""])),
    }

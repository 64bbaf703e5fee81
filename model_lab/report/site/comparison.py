"""A capability's page of pairs: which differences are significant, the smallest detectable ones, and where two models differ most."""

from __future__ import annotations

from collections.abc import Mapping

from model_lab import units
from model_lab.analysis.links import slug, to_model
from model_lab.analysis.schema import DatasetTable, PairwiseDifference, Scorecard
from model_lab.analysis.table_cells import Shown, Value
from model_lab.report.site.page import Grid, Page, PageSection
from model_lab.report.site.samples import Samples


def comparison(card: Scorecard, listed: Samples) -> Page:
    """The page of one capability's pairs."""
    return Page(
        path=f"compare/{slug(card.capability)}",
        title=f"{card.title}: pair by pair",
        lead="Two models are compared on the samples that both were scored on; p is corrected for all pairs of a table (Holm). "
        "Could have been found: the smallest true difference that a test with this number of clusters detects with a power of 80 %.",
        sections=tuple(
            _pairs(table, listed[card.capability, table.data.name].pages) for table in card.tables if table.differences
        ),
    )


def _pairs(table: DatasetTable, pages: Mapping[str, str]) -> PageSection:
    notes = dict.fromkeys(pair.note for pair in table.differences if pair.note)
    return PageSection(
        title=table.data.title,
        text=(f"By {table.primary.title}, {units.direction(table.primary.higher_is_better)}.", *notes),
        grids=(Grid(f"Pairs of models on {table.data.name}", tuple(_pair(table, pair, pages) for pair in table.differences)),),
    )


def _pair(table: DatasetTable, pair: PairwiseDifference, pages: Mapping[str, str]) -> Shown:
    unit = table.primary.unit
    apart = pair.furthest[0] if pair.furthest else None
    return {
        "better": to_model(pair.better),
        "worse": to_model(pair.worse),
        "difference": Value(units.gap(pair.difference, unit), pair.difference),
        "95 %": units.interval(pair.low, pair.high, unit),
        "p (Holm)": Value(units.MISSING if pair.p is None else f"{pair.p:.3f}", pair.p),
        "significant": "yes" if pair.significant else "not tested" if pair.p is None else "no",
        "could have been found": Value(
            units.MISSING if pair.detectable is None else units.gap(pair.detectable, unit), pair.detectable
        ),
        "n": Value(units.count(pair.n_common), pair.n_common),
        "better / same / worse on": f"{pair.wins} / {pair.ties} / {pair.losses}",
        "furthest apart": Value(
            f"{apart.sample_id}: {units.amount(apart.first, unit)} against {units.amount(apart.second, unit)}"
            if apart
            else units.MISSING,
            href=pages.get(apart.sample_id, "") if apart else "",
        ),
    }

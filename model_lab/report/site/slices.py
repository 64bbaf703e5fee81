"""A capability's page of slices: every model by language, noise, duration and other columns of the data."""

from __future__ import annotations

from collections.abc import Iterator

from model_lab import units
from model_lab.analysis.links import slug, to_model
from model_lab.analysis.schema import DatasetTable, Scorecard
from model_lab.analysis.slices import MIN_CLUSTERS, Slice, Sliced
from model_lab.analysis.table_cells import Shown, Value
from model_lab.report.site.page import Grid, Page, PageSection


def path(capability: str) -> str:
    """Where the page is, relative to the report, without ending."""
    return f"slices/{slug(capability)}"


def slices(card: Scorecard) -> Iterator[Page]:
    """The page of one capability, if its data has columns to break scores down by."""
    sections = tuple(section for table in card.tables for section in _sections(table))
    if sections:
        yield Page(
            path=path(card.capability),
            title=f"{card.title}: by parts of the data",
            lead=f"Each model's primary metric on the samples with one value of a column. A slice with fewer than {MIN_CLUSTERS} clusters is "
            "shown and gets no verdict. The largest gap is between the worst and the best of the others; its interval and p are corrected for "
            "all pairs of slices. The worst of several slices looks worse than it is: its value is the largest of several noisy ones. Of a model that was repeated with "
            "other seeds, the first run counts.",
            sections=sections,
        )


def significant(table: DatasetTable) -> list[str]:
    """A sentence for each column in which some model has a gap that is significant."""
    gaps: dict[str, list[str]] = {}
    for model, of_columns in table.slices.items():
        for each in of_columns:
            if each.gap and each.gap.significant:
                gaps.setdefault(each.column, []).append(
                    f"{model} ({each.gap.worst} {units.gap(abs(each.gap.difference), table.primary.unit)} worse than {each.gap.best})"
                )
    return [f"By {column} on {table.data.name} there is a gap for: {', '.join(models)}." for column, models in gaps.items()]


def _sections(table: DatasetTable) -> Iterator[PageSection]:
    columns = dict.fromkeys(each.column for of_columns in table.slices.values() for each in of_columns)
    for column in columns:
        by_model = {
            model: each
            for model, of_columns in table.slices.items()
            for each in of_columns
            if each.column == column and each.slices
        }
        if by_model:
            yield PageSection(
                f"{table.data.title}: by {column}",
                text=(f"By {table.primary.title}, {units.direction(table.primary.higher_is_better)}.",),
                grids=(
                    Grid(f"{table.primary.name} by {column} on {table.data.name}", tuple(_values(table, by_model))),
                    Grid(f"Largest gap by {column} on {table.data.name}", tuple(_gaps(table, by_model))),
                ),
            )


def _values(table: DatasetTable, by_model: dict[str, Sliced]) -> Iterator[Shown]:
    names = dict.fromkeys(part.name for each in by_model.values() for part in each.slices)
    for model, each in by_model.items():
        parts = {part.name: part for part in each.slices}
        yield {"model": to_model(model), **{name: _value(parts.get(name), table.primary.unit) for name in names}}


def _value(part: Slice | None, unit: str) -> Value:
    if part is None:
        return Value(units.MISSING)
    text = f"{units.amount(part.value, unit)} {units.interval(part.low, part.high, unit)}".strip()
    return Value(f"{text}, n = {units.count(part.n_samples)} in {units.count(part.n_groups)}", part.value)


def _gaps(table: DatasetTable, by_model: dict[str, Sliced]) -> Iterator[Shown]:
    unit = table.primary.unit
    for model, each in by_model.items():
        gap = each.gap
        worst = next((part for part in each.slices if part.name == each.worst), None)
        yield {
            "model": to_model(model),
            "worst slice": each.worst or units.MISSING,
            "its value": Value(units.amount(worst.value if worst else None, unit), worst.value if worst else None),
            "best slice": gap.best if gap else units.MISSING,
            "worst - best": Value(units.gap(gap.difference, unit) if gap else units.MISSING, gap.difference if gap else None),
            "95 % of all pairs": units.interval(gap.low, gap.high, unit) if gap else "",
            "p (Holm)": Value(units.MISSING if gap is None or gap.p is None else f"{gap.p:.3f}", gap.p if gap else None),
            "significant": each.note if gap is None else "yes" if gap.significant else "not tested" if gap.p is None else "no",
        }

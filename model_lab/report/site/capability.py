"""A capability's page: its scorecard, costs and published numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from model_lab.analysis import scorers
from model_lab.analysis.costs import Cost
from model_lab.analysis.decisions import Decisions
from model_lab.analysis.links import slug
from model_lab.analysis.published import ComparedNumber
from model_lab.analysis.schema import DatasetTable, Scorecard
from model_lab.analysis.table_cells import Value
from model_lab.report import plots
from model_lab.report.site import audit, slices
from model_lab.report.site.page import Grid, Page, PageSection, Picture
from model_lab.report.site.samples import Samples


def capability_page(card: Scorecard, decided: Decisions, listed: Samples) -> Page:
    """The page of one capability."""
    return Page(
        path=f"capabilities/{slug(card.capability)}",
        title=card.title,
        lead=card.question,
        scorecard=card,
        sections=(
            _more(card, listed),
            *(_scorers(table) for table in card.tables if table.scorers),
            *(section for table in card.tables for section in _costs(card, table, decided)),
            *others([number for number in decided.beside if number.fact.table.capability == card.capability]),
        ),
    )


def _more(card: Scorecard, listed: Samples) -> PageSection:
    pairs = [Value("Every pair of models, compared on the same samples", href=f"compare/{slug(card.capability)}.html")]
    samples = [
        Value(
            f"Samples of {table.data.name}: the answers of every model",
            href=listed[card.capability, table.data.name].list,
        )
        for table in card.tables
        if (card.capability, table.data.name) in listed
    ]
    gaps = [sentence for table in card.tables for sentence in slices.significant(table)]
    parts = [Value("Every model by parts of the data: slices, and the largest gaps", href=f"{slices.path(card.capability)}.html")]
    audits = [Value(_suspected(card), href=f"{audit.path(card.capability)}.html")]
    return PageSection(
        "Details",
        text=(
            *(pairs if any(table.differences for table in card.tables) else ()),
            *(parts if any(table.slices for table in card.tables) else ()),
            *gaps,
            *(audits if any(table.audit for table in card.tables) else ()),
            *samples,
        ),
    )


def _scorers(table: DatasetTable) -> PageSection:
    name = table.data.name
    return PageSection(
        title=f"Other scorers on {name}",
        text=(
            f"The same answers, scored in other ways. Ranks are those of significant differences, in brackets their change against {table.primary.name}.",
            *scorers.sentences(table.scorers),
        ),
        grids=(Grid(f"Models on {name} by scorer", tuple(scorers.by_model(table.scorers))),),
    )


def _suspected(card: Scorecard) -> str:
    found = [(table.data.name, table.audit.n_suspects) for table in card.tables if table.audit]
    listed = ", ".join(f"{number} of {name}" for name, number in found if number)
    return f"Suspect references: {listed or 'none found'}"


def _costs(card: Scorecard, table: DatasetTable, decided: Decisions) -> Iterator[PageSection]:
    costs = [cost for cost in decided.costs if (cost.capability, cost.dataset) == (card.capability, table.data.name)]
    if costs:
        yield PageSection(
            title=f"Cost against quality on {table.data.name}",
            text=(
                "Price of the machine x measured speed. A model is on the Pareto front if none is at least as good in quality, price and memory "
                "and better in one of them; the larger the dot, the more memory; lines are 95 % intervals.",
            ),
            pictures=tuple(_front(costs, decided.currency)),
            grids=(
                Grid(f"Cost of every scored model on {table.data.name}", tuple(cost.shown(decided.currency) for cost in costs)),
            ),
        )


def others(numbers: Sequence[ComparedNumber]) -> Iterator[PageSection]:
    """Published numbers, if there are any."""
    if numbers:
        yield PageSection(
            "Published by others",
            text=("Not part of any ranking. A difference is shown only where data and scorer are known to be the same.",),
            grids=(Grid("Published numbers beside ours", tuple(one.shown() for one in numbers)),),
        )


def _front(costs: list[Cost], currency: str) -> Iterator[Picture]:
    try:
        drawn = plots.front(costs, currency)
    except ValueError:
        return
    place = f"plots/{slug(costs[0].capability)}-{slug(costs[0].dataset)}.svg"
    yield Picture(place, drawn, f"{costs[0].column.title} against cost on {costs[0].dataset}")

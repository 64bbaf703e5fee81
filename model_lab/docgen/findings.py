"""``docs/findings``: what a stored run says, as Markdown in which every row leads to its evidence.

The run is a `Report` in ``report.json`` beside the pages; grades, costs and advice are decided anew from it by the packaged rules, so
that a page that no longer follows from them is stale.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from model_lab import units
from model_lab.analysis import phrasing
from model_lab.analysis.costs import Cost
from model_lab.analysis.decisions import Decisions, decide
from model_lab.analysis.links import to_capability, to_dataset
from model_lab.analysis.overview import leaders, totals
from model_lab.analysis.schema import Report
from model_lab.analysis.table_cells import Shown, Value
from model_lab.contract import ModelCard
from model_lab.errors import BadConfig, UnknownName
from model_lab.files import write_text
from model_lab.registry import model_cards
from model_lab.report import plots
from model_lab.report.site import matrix, page_formats
from model_lab.report.site.capability import capability_page
from model_lab.report.site.evidence import evidence
from model_lab.report.site.page import Grid, Page, PageSection, Picture
from model_lab.report.site.use_case import overview, use_case
from model_lab.results.store import RunFolder

STORED = "report.json"


def store(run: RunFolder, folder: Path) -> None:
    """Make the report of ``run`` the one that the findings in ``folder`` speak of; what was said of another run is removed.

    Raises `UnknownName` if the run has no report.
    """
    try:
        said = Report.model_validate_json((run.path / "report" / "index.json").read_text("utf-8"))
    except OSError:
        raise UnknownName(f"{run.name} has no report; run: model-lab report {run.name}") from None
    shutil.rmtree(folder, ignore_errors=True)
    write_text(folder / STORED, said.model_dump_json(exclude_defaults=True) + "\n")


def findings(folder: Path, models: Sequence[ModelCard]) -> dict[str, str]:
    """The pages and pictures that belong into ``folder``: path -> text; none if no run is stored there.

    ``models``: all cards; those of the variants in the run are made of them.

    Raises `BadConfig` if the stored run cannot be read.
    """
    try:
        said = Report.model_validate_json((folder / STORED).read_text("utf-8"))
    except OSError:
        return {}
    except ValidationError as error:
        raise BadConfig(
            f"{folder / STORED} is not a report of this version ({error.errors()[0]['msg']}); run: model-lab docs --findings RUN"
        ) from None
    rows = [row for card in said.scorecards for table in card.tables for row in table.rows]
    decided = decide(
        said.scorecards, model_cards.with_variants(models, {row.model: row.spec.options for row in rows if row.spec})
    )
    pages = [
        _first(said, decided),
        matrix(decided),
        *(capability_page(card, decided, {}) for card in said.scorecards),
        *(use_case(name, advice) for name, advice in decided.advice.items()),
        evidence(said),
    ]
    kept = {f"{page.path}.html" for page in pages}
    pictures = [picture for page in pages for section in page.sections for picture in section.pictures]
    return {f"{page.path}.md": page_formats.markdown(page, kept) for page in pages} | {
        picture.path: picture.svg for picture in pictures
    }


def _first(said: Report, decided: Decisions) -> Page:
    return Page(
        path="README",
        title=f"Findings of {said.run}",
        sections=(
            PageSection("What was run", text=tuple(_asked(said))),
            PageSection("At a glance", pictures=(Picture("overview.svg", plots.overview(said, decided.grades), _OVERVIEW),)),
            PageSection(
                "Which model is best at what", text=(_BEST,), grids=(Grid("The best of every table", tuple(_best(said))),)
            ),
            PageSection(
                "How ready they are",
                text=(_GRADES,),
                grids=(Grid("Grades", tuple(entry.shown() for entry in decided.matrix if entry.grade)),),
            ),
            PageSection(
                "What quality costs", text=(_COSTS,), grids=(Grid("Fronts", tuple(_fronts(decided.costs, decided.currency))),)
            ),
            PageSection(
                "What to use for what",
                grids=(Grid("Use cases", tuple(overview(name, advice) for name, advice in decided.advice.items())),),
            ),
        ),
    )


_OVERVIEW = "The grades of every model in every capability, best first"
_BEST = "Models that are tied with the best do not differ significantly from it on the same samples (paired bootstrap, Holm-corrected)."
_GRADES = (
    "From A to F, by rules on quality, speed, memory, failures, evidence, licence and determinism; the capability's page has the numbers. "
    "Evidence caps a grade: smoke tier or synthetic truth cannot earn an A."
)
_COSTS = "The cheapest and the best model among those that none beats in quality, price and memory at once."


def _asked(said: Report) -> Iterator[Value]:
    counts, machine = totals(said), said.environment.get("machine") or {}
    tiers = sorted({row.tier for card in said.scorecards for table in card.tables for row in table.rows if row.tier})
    yield Value(
        f"{units.count(counts['answers'])} answers of {len(_scored(said))} models in {counts['capabilities']} capabilities on "
        f"{counts['datasets']} datasets, {' and '.join(tiers)} tier; {units.count(counts['failed answers'])} answers failed.",
        href="evidence.html",
    )
    yield Value(
        f"Asked on {str(said.environment.get('started', ''))[:10]} on a machine with {machine.get('cores')} cores ({machine.get('cpu')}), "
        f"{machine.get('memory_gb')} GB of memory and {len(machine.get('gpu') or [])} GPUs; speeds and prices hold for a machine like it.",
        href="evidence.html",
    )


def _scored(said: Report) -> set[str]:
    return {
        row.model for card in said.scorecards for table in card.tables for row in table.rows if row.is_asked and table.score(row)
    }


def _best(said: Report) -> Iterator[Shown]:
    for found in leaders(said):
        if not found.rows:
            continue
        best, *others = found.rows
        score = found.table.score(best)
        assert score is not None
        yield {
            "capability": to_capability(found.card.capability),
            "dataset": to_dataset(found.card.capability, found.table.data.name),
            "best": phrasing.named(best),
            "metric": phrasing.heading(found.table.primary),
            "value": Value(phrasing.primary(found.table, best), score.value),
            "95 %": phrasing.primary_interval(found.table, best),
            "n": Value(phrasing.counted(found.table, best), score.n_scored),
            "tied with": ", ".join(map(phrasing.named, others)),
        }


def _fronts(costs: Sequence[Cost], currency: str) -> Iterator[Shown]:
    places = dict.fromkeys((cost.capability, cost.dataset) for cost in costs)
    for capability, dataset in places:
        front = [cost for cost in costs if (cost.capability, cost.dataset) == (capability, dataset) and cost.on_front]
        priced = [cost for cost in front if cost.price != float("inf")]
        if len(priced) < 2:
            continue
        cheapest = min(priced, key=lambda cost: cost.price)
        best = min(priced, key=lambda cost: cost.loss)
        yield {
            "capability": to_capability(capability),
            "dataset": to_dataset(capability, dataset),
            "cheapest": _told(cheapest, currency),
            "best": _told(best, currency) if best is not cheapest else "the same",
            "on the front": ", ".join(cost.row.model for cost in front),
        }


def _told(cost: Cost, currency: str) -> str:
    shown = cost.shown(currency)
    return f"{cost.row.model}: {shown['value']} {shown['95 %']}, {shown['cost']}"

"""``docs/findings``: the results of a stored run as Markdown, with links from every row to its evidence.

The run is a `Report` in ``report.json`` beside the pages; grades, costs and advice are derived from it with the packaged rules, so that
a page that no longer agrees with them is stale.
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
from model_lab.report.site.decisions import UseCaseAdvice, advice
from model_lab.report.site.decisions import decisions as all_decisions
from model_lab.report.site.evidence import evidence
from model_lab.report.site.page import Grid, Page, PageSection, Picture
from model_lab.report.site.use_case import use_case
from model_lab.results.store import RunFolder

STORED = "report.json"


def store(run: RunFolder, folder: Path) -> None:
    """Store the report of ``run`` in ``folder``, from which the findings are written; findings of another run are removed.

    Raises `UnknownName` if the run has no report.
    """
    try:
        report = Report.model_validate_json((run.path / "report" / "index.json").read_text("utf-8"))
    except OSError:
        raise UnknownName(f"{run.name} has no report; run: model-lab report {run.name}") from None
    shutil.rmtree(folder, ignore_errors=True)
    write_text(folder / STORED, report.model_dump_json(exclude_defaults=True) + "\n")


def findings(folder: Path, models: Sequence[ModelCard]) -> dict[str, str]:
    """The pages and pictures of ``folder``: path -> content; empty if no run is stored there.

    ``models``: all cards, from which those of the variants in the run are derived.

    Raises `BadConfig` if the stored run cannot be read.
    """
    try:
        report = Report.model_validate_json((folder / STORED).read_text("utf-8"))
    except OSError:
        return {}
    except ValidationError as error:
        raise BadConfig(
            f"{folder / STORED} is not a report of the current version ({error.errors()[0]['msg']}); run: model-lab docs --findings RUN"
        ) from None
    rows = [row for card in report.scorecards for table in card.tables for row in table.rows]
    decisions = decide(
        report.scorecards, model_cards.with_variants(models, {row.model: row.spec.options for row in rows if row.spec})
    )
    pages = [
        _front_page(report, decisions),
        all_decisions(decisions, {}),
        matrix(decisions),
        *(capability_page(card, decisions, {}) for card in report.scorecards),
        *(use_case(case, {}) for case in advice(decisions)),
        evidence(report),
    ]
    page_names = {f"{page.path}.html" for page in pages}
    pictures = [picture for page in pages for section in page.sections for picture in section.pictures]
    return {f"{page.path}.md": page_formats.markdown(page, page_names) for page in pages} | {
        picture.path: picture.svg for picture in pictures
    }


def _front_page(report: Report, decisions: Decisions) -> Page:
    return Page(
        path="README",
        title=f"Findings of {report.run}",
        sections=(
            PageSection("The run", text=tuple(_run_summary(report))),
            PageSection(
                "What to use for what", text=(_DECISIONS,), grids=(Grid("Use cases", tuple(map(_use_case, advice(decisions)))),)
            ),
            PageSection("At a glance", pictures=(Picture("overview.svg", plots.overview(report, decisions.grades), _OVERVIEW),)),
            PageSection(
                "Best model per dataset", text=(_BEST,), grids=(Grid("Best model of every table", tuple(_best(report))),)
            ),
            PageSection(
                "Readiness grades",
                text=(_GRADES,),
                grids=(Grid("Grades", tuple(entry.shown() for entry in decisions.matrix if entry.grade)),),
            ),
            PageSection(
                "Cost and quality", text=(_COSTS,), grids=(Grid("Fronts", tuple(_fronts(decisions.costs, decisions.currency))),)
            ),
        ),
    )


def _use_case(case: UseCaseAdvice) -> Shown:
    """A use case in a line: its models, and the score of the one that it needs most."""
    first = case.met[0] if case.met else None
    return {
        "use case": Value(case.advised.use_case.title, href=case.href),
        "models": ", ".join(f"{line.capability}: {line.model}" for line in case.met) or "none of these models",
        "in words": f"{first.title}: {first.sentence}" if first else units.MISSING,
        "without a model": ", ".join(line.capability for line in case.unmet) or units.MISSING,
        "worth trying": ", ".join(found.model for found in case.to_try) or units.MISSING,
    }


_DECISIONS = Value("Every need with its evidence, ties and what would change the advice.", href="decisions.html")
_OVERVIEW = "The grades of every model in every capability, best first"
_BEST = (
    "Models tied with the best one do not differ significantly from it on the same samples (paired bootstrap, Holm-corrected)."
)
_GRADES = (
    "From A to F, by rules on quality, speed, memory, failures, independence, licence and determinism, over all datasets of the capability; "
    "see the page of the model for the values. Evidence (clusters, interval, tier, truth, author) is a level of its own and lowers no letter."
)
_COSTS = "The cheapest and the best model on the Pareto front of quality, cost and memory."


def _run_summary(report: Report) -> Iterator[Value]:
    counts, machine = totals(report), report.environment.get("machine") or {}
    tiers = sorted({row.tier for card in report.scorecards for table in card.tables for row in table.rows if row.tier})
    yield Value(
        f"{units.count(counts['answers'])} answers of {len(_scored(report))} models in {counts['capabilities']} capabilities on "
        f"{counts['datasets']} datasets, {' and '.join(tiers)} tier; {units.count(counts['failed answers'])} answers failed.",
        href="evidence.html",
    )
    yield Value(
        f"Run on {str(report.environment.get('started', ''))[:10]} on a machine with {machine.get('cores')} cores ({machine.get('cpu')}), "
        f"{machine.get('memory_gb')} GB of memory and {len(machine.get('gpu') or [])} GPUs; speeds and prices hold for a machine like it.",
        href="evidence.html",
    )


def _scored(report: Report) -> set[str]:
    return {
        row.model
        for card in report.scorecards
        for table in card.tables
        for row in table.rows
        if row.is_model and table.score(row)
    }


def _best(report: Report) -> Iterator[Shown]:
    for leader in leaders(report):
        if not leader.rows:
            continue
        best, *others = leader.rows
        score = leader.table.score(best)
        assert score is not None
        yield {
            "capability": to_capability(leader.card.capability),
            "dataset": to_dataset(leader.card.capability, leader.table.data.name),
            "best": phrasing.named(best),
            "metric": phrasing.heading(leader.table.primary),
            "value": Value(phrasing.primary(leader.table, best), score.value),
            "95 %": phrasing.primary_interval(leader.table, best),
            "n": Value(phrasing.counted(leader.table, best), score.n_scored),
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
            "cheapest": _cost_text(cheapest, currency),
            "best": _cost_text(best, currency) if best is not cheapest else "the same",
            "on the front": ", ".join(cost.row.model for cost in front),
        }


def _cost_text(cost: Cost, currency: str) -> str:
    shown = cost.shown(currency)
    return f"{cost.row.model}: {shown['value']} {shown['95 %']}, {shown['cost']}"

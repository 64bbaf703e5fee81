"""What the deciding commands look up and print."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from model_lab import capabilities, datasets, units
from model_lab.analysis import costs as prices
from model_lab.analysis import grades as grading
from model_lab.analysis import matrix as matrices
from model_lab.analysis import recommendations
from model_lab.analysis.schema import Scorecard
from model_lab.analysis.scorecard import entries, scorecards
from model_lab.analysis.table_cells import Shown
from model_lab.cli import tables
from model_lab.contract import ModelCard, Permitted
from model_lab.errors import BadConfig, UnknownName, nearest
from model_lab.registry import model_cards
from model_lab.report.terminal_text import as_is
from model_lab.results.schema import UNTOUCHED
from model_lab.results.store import chosen


def _scorecards(
    runs: Path, run: str, asked: Collection[str] = (), permitted: Permitted = "any", compared: bool = False
) -> tuple[Scorecard, ...]:
    """The scorecards of a run about the capabilities ``asked`` (all if none), of models under the licences wanted."""
    cards = [card for card in _cards(runs, run) if card.licence.allows(permitted)]
    names = {card.name for card in cards} | {UNTOUCHED}
    found = [entry for entry in entries(chosen(runs, run))[0] if entry.spec.model in names]
    return scorecards((e for e in found if not asked or e.spec.capability in asked), cards, datasets.cards(), compared)


def _cards(runs: Path, run: str) -> tuple[ModelCard, ...]:
    """The cards of all models, and of the variants in a run."""
    return model_cards.cards(chosen(runs, run).models())


def _known(capability: str) -> None:
    if capability and capability not in capabilities.names():
        raise UnknownName(
            f"there is no capability {capability!r}{nearest(capability, capabilities.names())}; see: model-lab list capabilities"
        )


def grades(runs: Path, run: str, models: list[str], capability: str, rules: Path | None) -> list[grading.Grade]:
    """The grades of ``models`` (all if none) in a run; raises `BadConfig` if there is none."""
    _known(capability)
    models = [model_cards.canonical(model) for model in models]
    for model in models:
        model_cards.card(model.partition("@")[0])
    by = grading.rules(rules) if rules else grading.rules()
    if by.unused:
        print(
            f"{rules} has thresholds of {', '.join(by.unused)}: no such capability is installed, they are not used",
            file=sys.stderr,
        )
    found = grading.grades(_scorecards(runs, run, [capability] if capability else []), _cards(runs, run), by)
    wanted = [
        grade
        for grade in grading.by_capability(found).values()
        if (not models or grade.model in models) and capability in ("", grade.capability)
    ]
    if not wanted:
        raise BadConfig("the run scored none of these; see: model-lab matrix")
    return sorted(wanted, key=lambda grade: (grade.capability, grade.letter, grade.model))


def show_grades(found: list[grading.Grade], as_json: bool) -> None:
    """A line per grade, or for a few of them every rule."""
    if as_json:
        print(json.dumps([asdict(grade) for grade in found], indent=1))
        return
    if len(found) > 4:
        tables.show([_summary(grade) for grade in found], False)
        return
    console = Console()
    for grade in found:
        console.print(as_is(f"{grade.model} in {grade.capability}: {grade.shown}  (made on {grade.dataset})", "bold"))
        tables.show(
            [
                {"letter": rule.letter or units.MISSING, "rule": rule.name, "found": rule.found, "next": rule.missed}
                for rule in grade.rules
            ],
            False,
        )
        for sentence in grade.sensitive or ("no threshold moved by a tenth changes it",):
            console.print(as_is(f"  hangs on: {sentence}" if grade.sensitive else f"  {sentence}"))


def _summary(grade: grading.Grade) -> dict[str, Any]:
    return {
        "capability": grade.capability,
        "model": grade.model,
        "grade": grade.shown,
        "held down by": "; ".join(f"{rule.name}: {rule.found}" for rule in grade.held_down_by),
        "hangs on a threshold": "yes" if grade.sensitive else "no",
    }


def matrix(runs: Path, run: str, permitted: Permitted) -> list[matrices.MatrixEntry]:
    """Models x capabilities, of the licences wanted."""
    found = _scorecards(runs, run, permitted=permitted)
    cards = [card for card in _cards(runs, run) if card.licence.allows(permitted)]
    return matrices.matrix(found, cards, grading.grades(found, cards, grading.rules()))


def costs(runs: Path, run: str, capability: str, file: Path | None) -> list[Shown]:
    """Costs as rows."""
    _known(capability)
    by = prices.prices(file) if file else prices.prices()
    found = prices.costs(_scorecards(runs, run, [capability] if capability else []), by)
    return [cost.shown(by.currency) for cost in found]


def recommendation(
    runs: Path, run: str, name: str, max_memory: float | None, licence: Permitted | None, file: Path | None
) -> recommendations.Recommendation:
    """The advice for a use case, with the limits of the command line over its own."""
    wanted = recommendations.use_case(name, file) if file else recommendations.use_case(name)
    given = {"max_memory_gb": max_memory, "licence": licence}
    wanted = wanted.model_copy(update={key: value for key, value in given.items() if value is not None})
    found, cards = _scorecards(runs, run, wanted.needs, compared=True), _cards(runs, run)
    return recommendations.recommend(wanted, found, cards, grading.grades(found, cards, grading.rules()))


def show_recommendation(found: recommendations.Recommendation, as_json: bool) -> None:
    """The stack first, then every word with its reason, then what is not known."""
    if as_json:
        advice = [
            {"capability": each.capability, "model": each.model, "word": each.word, "because": each.because}
            for each in found.advice
        ]
        stack = {need: each.model for need, each in found.stack.items()}
        print(
            json.dumps(
                {"use_case": found.use_case.model_dump(), "stack": stack, "advice": advice, "missing": found.missing}, indent=1
            )
        )
        return
    console = Console()
    together = ", ".join(f"{need}: {each.model}" for need, each in found.stack.items()) or "none"
    console.print(as_is(f"{found.use_case.title}\nstack ({found.memory_gb:.1f} GB together): {together}", "bold"))
    rows = [
        {"capability": each.capability, "model": each.model, "word": each.word, "because": each.because} for each in found.advice
    ]
    tables.show(rows, False)
    for sentence in found.missing:
        console.print(as_is(f"  missing: {sentence}"))

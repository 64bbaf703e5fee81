"""What the commands grade, matrix, cost and recommend read and print."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from model_lab import capabilities, datasets, units
from model_lab.analysis import costs as prices
from model_lab.analysis import grades as grading
from model_lab.analysis import matrix as matrices
from model_lab.analysis import published, recommendations, use_case_lines, worth_trying
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
    runs: Path, run: str, needed: Collection[str] = (), permitted: Permitted = "any", compared: bool = True
) -> tuple[Scorecard, ...]:
    """The scorecards of a run for the capabilities ``needed`` (all if empty), of models whose licence is ``permitted``."""
    cards = [card for card in _cards(runs, run) if card.licence.allows(permitted)]
    names = {card.name for card in cards} | {UNTOUCHED}
    results = [entry for entry in entries(chosen(runs, run))[0] if entry.spec.model in names]
    return scorecards((e for e in results if not needed or e.spec.capability in needed), cards, datasets.cards(), compared)


def _cards(runs: Path, run: str) -> tuple[ModelCard, ...]:
    """The cards of all models, and of the variants in a run."""
    return model_cards.cards(chosen(runs, run).models())


def _require_capability(capability: str) -> None:
    if capability and capability not in capabilities.names():
        raise UnknownName(
            f"there is no capability {capability!r}{nearest(capability, capabilities.names())}; see: model-lab list capabilities"
        )


def grades(runs: Path, run: str, models: list[str], capability: str, rules: Path | None) -> list[grading.Grade]:
    """The grades of ``models`` (all if empty) in a run. Raises `BadConfig` if there are none."""
    _require_capability(capability)
    models = [model_cards.canonical(model) for model in models]
    for model in models:
        model_cards.card(model.partition("@")[0])
    grading_rules = _rules(rules)
    if grading_rules.unused:
        print(
            f"{rules} has thresholds of {', '.join(grading_rules.unused)}: no such capability is installed, they are not used",
            file=sys.stderr,
        )
    all_grades = grading.in_capabilities(
        _scorecards(runs, run, [capability] if capability else []), _cards(runs, run), grading_rules
    )
    selected = [
        grade for grade in all_grades.values() if (not models or grade.model in models) and capability in ("", grade.capability)
    ]
    if not selected:
        raise BadConfig("the run has no scores for these; see: model-lab matrix")
    return sorted(selected, key=lambda grade: (grade.capability, grade.order, grade.model))


def _rules(file: Path | None) -> grading.Rules:
    return grading.rules(file) if file else grading.rules()


def show_rules(rules: Path | None, as_json: bool) -> None:
    """Print every rule with its values, reason and source."""
    tables.show(list(_rules(rules).explained()), as_json)


def show_grades(results: list[grading.Grade], as_json: bool) -> None:
    """Print a line per grade, or every rule where there are at most four grades."""
    if as_json:
        print(json.dumps([asdict(grade) for grade in results], indent=1))
        return
    if len(results) > 4:
        tables.show([_summary(grade) for grade in results], False)
        return
    console = Console()
    for grade in results:
        console.print(as_is(f"{grade.model} in {grade.capability}: {grade.shown}  (on {grade.dataset})", "bold"))
        tables.show(
            [
                {"letter": rule.letter or units.MISSING, "rule": rule.name, "measured": rule.found, "next": rule.missed}
                for rule in grade.rules
            ],
            False,
        )
        if grade.evidence_rules:
            console.print(as_is(f"  evidence: {grade.evidence}"))
            tables.show(
                [{"level": rule.level, "evidence": rule.name, "found": rule.found} for rule in grade.evidence_rules], False
            )
        for sentence in grade.sensitive or ("unchanged if any threshold moves by 10 %",):
            console.print(as_is(f"  sensitive to: {sentence}" if grade.sensitive else f"  {sentence}"))


def _summary(grade: grading.Grade) -> dict[str, Any]:
    return {
        "capability": grade.capability,
        "model": grade.model,
        "grade": grade.without_evidence,
        "evidence": grade.evidence,
        "limited by": "; ".join(f"{rule.name}: {rule.found}" for rule in grade.held_down_by),
        "evidence limited by": "; ".join(f"{rule.name}: {rule.found}" for rule in grade.thin_because),
        "threshold-sensitive": "yes" if grade.sensitive else "no",
    }


def matrix(runs: Path, run: str, permitted: Permitted) -> list[matrices.MatrixEntry]:
    """Models x capabilities, for models whose licence is ``permitted``."""
    scored = _scorecards(runs, run, permitted=permitted)
    cards = [card for card in _cards(runs, run) if card.licence.allows(permitted)]
    return matrices.matrix(scored, cards, grading.in_capabilities(scored, cards, grading.rules()))


def costs(runs: Path, run: str, capability: str, file: Path | None) -> list[Shown]:
    """The costs as table rows."""
    _require_capability(capability)
    price_list = prices.prices(file) if file else prices.prices()
    computed = prices.costs(_scorecards(runs, run, [capability] if capability else [], compared=False), price_list)
    return [cost.shown(price_list.currency) for cost in computed]


@dataclass(frozen=True)
class Advised:
    """The recommendation for a use case, its needs in words, and the models worth trying."""

    result: recommendations.Recommendation
    lines: tuple[use_case_lines.NeedLine, ...]
    to_try: tuple[worth_trying.WorthTrying, ...]


def recommendation(
    runs: Path, run: str, name: str, max_memory: float | None, licence: Permitted | None, file: Path | None
) -> Advised:
    """The recommendation for a use case; limits of the command line override its own."""
    use_case = recommendations.use_case(name, file) if file else recommendations.use_case(name)
    limits = {"max_memory_gb": max_memory, "licence": licence}
    use_case = use_case.model_copy(update={key: value for key, value in limits.items() if value is not None})
    scored, cards = _scorecards(runs, run, use_case.needs), _cards(runs, run)
    result = recommendations.recommend(use_case, scored, cards, grading.rules())
    to_try = worth_trying.within_limits(worth_trying.worth_trying(published.published(), scored, cards), use_case)
    return Advised(result, use_case_lines.need_lines(result, scored), to_try)


def show_recommendation(advised: Advised, as_json: bool) -> None:
    """Print the stack with its scores in words, the verdict on each model, the missing evidence, and the models worth trying."""
    result = advised.result
    if as_json:
        advice = [
            {
                "capability": item.capability,
                "model": item.model,
                "word": item.word,
                "because": item.because,
                "grade": item.grade.letter if item.grade else None,
                "evidence": item.grade.evidence if item.grade else None,
                "datasets": item.grade.datasets if item.grade else (),
            }
            for item in result.advice
        ]
        left_out = [asdict(left) for left in result.left_out]
        stack = {need: item.model for need, item in result.stack.items()}
        print(
            json.dumps(
                {
                    "use_case": result.use_case.model_dump(),
                    "stack": stack,
                    "in_words": [line.plain() for line in advised.lines],
                    "advice": advice,
                    "missing": result.missing,
                    "left_out": left_out,
                    "worth_trying": [one.plain() for one in advised.to_try],
                },
                indent=1,
                ensure_ascii=False,
            )
        )
        return
    console = Console()
    together = ", ".join(f"{need}: {item.model}" for need, item in result.stack.items()) or "none"
    console.print(as_is(f"{result.use_case.title}\nstack ({result.memory_gb:.1f} GB together): {together}", "bold"))
    for line in advised.lines:
        console.print(as_is(f"  {line.capability}: {': '.join(filter(None, [line.model, line.sentence]))}"))
    rows = [
        {"capability": item.capability, "model": item.model, "word": item.word, "because": item.because} for item in result.advice
    ]
    tables.show(rows, False)
    for sentence in result.missing:
        console.print(as_is(f"  missing: {sentence}"))
    for left in result.left_out:
        if left.changes:
            console.print(as_is(f"  rests on: {left.sentence}"))
    if advised.to_try:
        console.print(
            as_is("worth trying: not run here, and ranked with nothing above; compared with published numbers alone", "bold")
        )
    for one in advised.to_try:
        for text in (f"  {one.capability}: {one.model}: {one.because}", f"    {one.source}", f"    takes: {one.takes}"):
            console.print(as_is(text), soft_wrap=True)
        console.print(as_is(f"    {one.command}"), soft_wrap=True)

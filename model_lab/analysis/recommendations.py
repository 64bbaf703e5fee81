"""Recommends models for a use case: recommended, acceptable, rejected, not evaluated, or not shown to beat doing nothing.

A use case names the capabilities that it needs, how near each dataset is to it, and limits for every model. The candidates of a
capability are the models within the limits that are shown to beat doing nothing, on data that neither this project nor their makers
wrote. A candidate leads if no other is significantly better, neither over all datasets together nor on any single one. Where several
lead, they do not differ significantly: that is said, and these decide in turn: stronger evidence, a better letter of quality, lower
cost (real-time factor, then memory), a more permissive licence, the better value. A baseline is recommended only where nothing beats
it. The advice is derived again without each dataset, and the words that change are listed.

The stack is one model per capability: the combination that fits into the memory in which the foremost models have most weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from model_lab import capabilities, units
from model_lab.analysis import unprocessed_baseline
from model_lab.analysis.contended_times import CONTENDED
from model_lab.analysis.doing_nothing import NOT_SHOWN, CountedRow
from model_lab.analysis.grades import UNGRADED, Grade, counted, grade_models
from model_lab.analysis.grading_rules import Rules
from model_lab.analysis.leaders import ordered
from model_lab.analysis.pooled_pairs import Differences, PooledPair, indexed, pooled_pairs
from model_lab.analysis.schema import DatasetTable, Scorecard
from model_lab.analysis.use_cases import Need, UseCase, use_case, use_cases
from model_lab.analysis.verdicts import Advice, LeftOut, Recommendation, Verdict
from model_lab.contract import ModelCard
from model_lab.results.schema import Speed

__all__ = ["Advice", "LeftOut", "Need", "Recommendation", "UseCase", "Verdict", "recommend", "use_case", "use_cases"]

_CONSIDERED = 4
"""Number of models per capability, best first, considered for the stack."""

_ALONE = "only tests that this project or its makers wrote speak for it, and they recommend nothing alone"


def recommend(case: UseCase, scorecards: Sequence[Scorecard], models: Iterable[ModelCard], by: Rules) -> Recommendation:
    """Advice on every model that the run evaluated in a needed capability."""
    cards = {card.name: card for card in models}
    asked = {
        need: _Question(need, case, [table for card in scorecards if card.capability == need for table in card.tables], cards, by)
        for need in case.needs
    }
    per_need = {need: question.advice() for need, question in asked.items()}
    stack = _stack(case, per_need)
    return Recommendation(
        case,
        tuple(entry for entries in per_need.values() for entry in entries),
        stack,
        tuple(_missing(case, per_need, stack)),
        tuple(left for need, question in asked.items() for left in question.left_out(per_need[need])),
    )


@dataclass(frozen=True)
class _Question:
    """One capability of a use case, with the tables, model cards and rules that answer it."""

    need: str
    case: UseCase
    tables: Sequence[DatasetTable]
    cards: Mapping[str, ModelCard]
    by: Rules

    def advice(self, without: str = "", differences: Differences | None = None) -> list[Advice]:
        """Advice on every model, best first, without the dataset ``without``."""
        relevant = [
            table
            for table in self.tables
            if self._relevance(table.data.name) > 0 and table.data.name != without and not table.data.primary
        ]
        known = [
            name for name in dict.fromkeys(row.model for table in relevant for row in table.rows) if self._is_candidate(name)
        ]
        datasets = {name: counted(relevant, self.cards[name], self.by, self._relevance) for name in known}
        scored = {name: tested for name, tested in datasets.items() if tested}
        grades = grade_models(self.need, scored, self.cards, self.by)
        entries = [self._assess(name, datasets[name], grades.get(name), relevant) for name in known]
        candidates = {entry.model: datasets[entry.model] for entry in entries if entry.usable}
        grading, definition = self.by.of(self.need), capabilities.usable(self.need)
        pairs: dict[frozenset[str], PooledPair] = {}
        if grading and definition:
            pairs = pooled_pairs(candidates, differences or indexed(relevant), grading, definition.primary.best)
        return [*_doing_nothing(self.need, entries, relevant), *ordered(entries, pairs, self.cards)]

    def left_out(self, advice: Sequence[Advice]) -> Iterator[LeftOut]:
        """The advice without each of the datasets that any grade rests on, if there are several."""
        names = dict.fromkeys(name for entry in advice if entry.grade for name in entry.grade.datasets)
        differences = indexed(self.tables)
        before = {entry.model: entry.word for entry in advice}
        for name in names if len(names) > 1 else ():
            after = {entry.model: entry.word for entry in self.advice(name, differences)}
            words = [(model, word, after.get(model, "not evaluated")) for model, word in before.items()]
            yield LeftOut(self.need, name, tuple(change for change in words if change[1] != change[2]))

    def _relevance(self, dataset: str) -> float:
        return self.case.needs[self.need].of(dataset)

    def _is_candidate(self, model: str) -> bool:
        card = self.cards.get(model)
        return card is not None and card.kind not in ("oracle", "judge") and not model.startswith("baseline_")

    def _assess(self, model: str, datasets: Sequence[CountedRow], grade: Grade | None, tables: Sequence[DatasetTable]) -> Advice:
        """Advice on one model; the recommended one is chosen later. A model without a score is not evaluated rather than rejected."""
        if not datasets:
            row = next(row for table in tables for row in table.rows if row.model == model)
            return Advice(self.need, model, "not evaluated", row.reason or "not scored", None, row, row.speed)
        row, speed = datasets[0].row, _speed(datasets)
        if grade is None:
            return Advice(self.need, model, "not evaluated", UNGRADED, None, row, speed)
        if objections := "; ".join(self._objections(model, datasets, grade, speed)):
            return Advice(self.need, model, "rejected", objections, grade, row, speed)
        because = "; ".join(filter(None, [_evidence(datasets, grade), _unknown_speed(self.case, speed)]))
        if grade.letter is None:
            word: Verdict = "not shown to beat doing nothing" if grade.remark == NOT_SHOWN else "not evaluated"
            return Advice(self.need, model, word, because, grade, row, speed)
        if not grade.independent:
            because = f"{because}; {_ALONE}"
        return Advice(self.need, model, "acceptable", because, grade, row, speed)

    def _objections(self, model: str, datasets: Sequence[CountedRow], grade: Grade, speed: Speed) -> Iterator[str]:
        case = self.case
        if not self.cards[model].licence.allows(case.licence):
            yield f"its licence is not {case.licence}"
        if any(unprocessed_baseline.is_below(one.table, model) for one in datasets):
            yield "it is significantly worse than the unprocessed input"
        if grade.letter == "F":
            yield f"grade F by {', '.join(rule.name for rule in grade.held_down_by)}"
        devices = {one.row.spec.device for one in datasets if one.row.spec}
        if case.device and devices and case.device not in devices:
            yield f"measured on {', '.join(sorted(devices))}, not on {case.device}"
        memory = ("memory", (speed.peak_memory_mb or 0.0) / 1024, case.max_memory_gb, "GB")
        for what, measured, limit, unit in (memory, *(() if speed.contended else _speed_limits(case, speed))):
            if limit is not None and measured is not None and measured > limit:
                yield f"{what} {measured:.3g} {unit}".strip() + f" exceeds {limit:g}"


def _speed(datasets: Sequence[CountedRow]) -> Speed:
    """The slowest uncontended speed and the largest memory over the datasets; contended only if all speeds are."""
    speeds = [one.row.speed for one in datasets]
    timed = [speed for speed in speeds if not speed.contended] or speeds

    def largest(numbers: Iterable[float | None]) -> float | None:
        return max((number for number in numbers if number is not None), default=None)

    return Speed(
        real_time_factor=largest(speed.real_time_factor for speed in timed),
        latency_p50_s=largest(speed.latency_p50_s for speed in timed),
        peak_memory_mb=largest(speed.peak_memory_mb for speed in speeds),
        contended=timed[0].contended,
    )


def _speed_limits(case: UseCase, speed: Speed) -> tuple[tuple[str, float | None, float | None, str], ...]:
    """(name, measured value, limit, unit) of each speed limit. A contended speed rejects no model: it is an upper bound."""
    return (
        ("real-time factor", speed.real_time_factor, case.max_real_time_factor, ""),
        ("median latency", speed.latency_p50_s, case.max_latency_s, "s"),
    )


def _unknown_speed(case: UseCase, speed: Speed) -> str:
    """A sentence about the limit that a contended speed exceeds; empty if there is none."""
    for what, measured, limit, _ in _speed_limits(case, speed) if speed.contended else ():
        if limit is not None and measured is not None and measured > limit:
            return f"whether its {what} is at most {limit:g} is unknown ({measured:.3g}, {CONTENDED}); time it again with: model-lab time"
    return ""


def _evidence(datasets: Sequence[CountedRow], grade: Grade) -> str:
    """The value with its interval and n, on one dataset or over several, and the grade, or what stands in its place and why."""
    datasets = [one for one in datasets if one.table.data.name in grade.datasets]
    primary = datasets[0].table.primary
    scores = [score for one in datasets if (score := one.table.score(one.row))]
    n, names = sum(score.n_scored for score in scores), ", ".join(grade.datasets)
    where = names if len(datasets) == 1 else f"{len(datasets)} datasets ({names})"
    if len(scores) == 1:
        value = units.amount(scores[0].value, primary.unit)
        measured = f"{primary.name} {value} {units.interval(scores[0].low, scores[0].high, primary.unit)}".strip()
        rule = grade.rules[0]
        measured += f" ({rule.found})" if grade.quality and rule.value != scores[0].value else ""
    else:
        measured = f"{primary.name} {grade.rules[0].found}"
    if grade.letter is None:
        why = next((rule.found for rule in grade.evidence_rules if rule.name == "doing nothing"), "")
        return f"{measured}, n {n} on {where}; {grade.remark}" + (f": {why}" if why and grade.remark == NOT_SHOWN else "")
    held = "" if grade.letter == "A" else f" by {', '.join(rule.name for rule in grade.held_down_by)}"
    return f"{measured}, n {n} on {where}; grade {grade.letter}{held}, on {grade.evidence} evidence"


def _doing_nothing(need: str, entries: Sequence[Advice], tables: Sequence[DatasetTable]) -> Iterator[Advice]:
    """The unprocessed input, recommended where there is one and no evaluated model is shown to be better."""
    asked = [entry for entry in entries if entry.word not in ("not evaluated", "rejected")]
    row = next((row for table in tables if (row := unprocessed_baseline.untouched(table))), None)
    if row is not None and asked and all(entry.word == NOT_SHOWN for entry in asked):
        names = ", ".join(entry.model for entry in asked)
        reason = f"a baseline, recommended because nothing beats it here: {names} not shown to be better"
        yield Advice(need, row.model, "recommended", reason, None, row, row.speed)


def _stack(case: UseCase, per_need: Mapping[str, Sequence[Advice]]) -> dict[str, Advice]:
    """The best combination that fits into the memory; capabilities without a usable model are left out."""
    usable = {need: list(islice((e for e in entries if e.usable), _CONSIDERED)) for need, entries in per_need.items()}
    usable = {need: entries for need, entries in usable.items() if entries}
    limit = case.max_memory_gb if case.max_memory_gb is not None else float("inf")
    fitting = [choice for choice in product(*usable.values()) if sum({e.model: e.memory_gb for e in choice}.values()) <= limit]
    if not usable or not fitting:
        return {}
    places = {(need, entry.model): place for need, entries in usable.items() for place, entry in enumerate(entries)}
    best = min(fitting, key=lambda choice: sum(case.needs[e.capability].weight * places[e.capability, e.model] for e in choice))
    return {entry.capability: entry for entry in best}


def _missing(case: UseCase, per_need: Mapping[str, Sequence[Advice]], stack: Mapping[str, Advice]) -> Iterator[str]:
    """Sentences about missing evidence and needs that are not met."""
    for need in case.needs:
        entries = per_need[need]
        words = {entry.word for entry in entries}
        if not entries:
            yield f"{need}: the run evaluated no model; run: model-lab sprint hf_sprint_2026q1"
        elif words == {"not evaluated"}:
            yield f"{need}: no model was evaluated; set one up (model-lab setup), then run: model-lab sprint hf_sprint_2026q1"
        elif any(entry.usable for entry in entries):
            continue
        elif "acceptable" in words:
            yield f"{need}: nothing is recommended: {_ALONE.replace('its makers', 'the makers of the models')}"
        elif NOT_SHOWN in words:
            yield f"{need}: no model within the limits is shown to beat doing nothing"
        else:
            yield f"{need}: no evaluated model meets the limits of this use case"
    if not stack and any(entry.usable for entries in per_need.values() for entry in entries):
        yield f"no combination fits into {case.max_memory_gb:g} GB; allow more with --max-memory"
    for entry in stack.values():
        if unknown := _unknown_speed(case, entry.speed):
            yield f"{entry.capability}: {entry.model}: {unknown}"
        if entry.grade and entry.grade.evidence == "thin":
            why = ", ".join(f"{rule.name} {rule.found}" for rule in entry.grade.thin_because)
            yield f"{entry.capability}: {entry.model} has thin evidence ({why})"

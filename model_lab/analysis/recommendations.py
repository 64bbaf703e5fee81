"""Recommends models for a use case: recommended, acceptable, rejected or not evaluated, with the evidence.

A use case names the capabilities it needs and limits for every model. Within a capability the model with the best grade is
recommended (then the better rank, then less memory), and ties are reported; a model without a score is not evaluated. The stack is
one model per capability: the combination that fits into the memory with the largest weighted sum of grades.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path
from typing import Literal

from pydantic import Field

from model_lab import units
from model_lab.analysis import unprocessed_baseline
from model_lab.analysis.contended_times import CONTENDED
from model_lab.analysis.grades import LETTERS, UNGRADED, Grade
from model_lab.analysis.schema import DatasetTable, ResultRow, Scorecard
from model_lab.contract import Device, ModelCard, Permitted
from model_lab.errors import BadConfig, UnknownName, nearest
from model_lab.results.schema import Speed
from model_lab.runs.sprint import PACKAGED
from model_lab.schemas import Strict, parse, read_yaml

Verdict = Literal["recommended", "acceptable", "rejected", "not evaluated"]
_USABLE: tuple[Verdict, ...] = ("recommended", "acceptable")
_UNRANKED = 10**6
_CONSIDERED = 4
"""Number of models per capability, best first, considered for the stack."""


class Need(Strict):
    """The weight of a capability, and the dataset that represents the use case, if there is one."""

    weight: float = Field(gt=0)
    dataset: str = ""


class UseCase(Strict):
    """A use case: the capabilities it needs, and the limits for every model."""

    title: str
    needs: dict[str, Need] = Field(min_length=1)
    licence: Permitted = "any"
    max_memory_gb: float | None = Field(default=None, gt=0, description="of all models together, and of each")
    max_real_time_factor: float | None = Field(default=None, gt=0)
    max_latency_s: float | None = Field(default=None, gt=0, description="median of a call")
    device: Device | None = Field(default=None, description="the device of the measurements; any if absent")


@dataclass(frozen=True)
class Advice:
    """The verdict on one model for one capability, and its reason."""

    capability: str
    model: str
    word: Verdict
    because: str
    grade: Grade | None
    row: ResultRow | None

    @property
    def usable(self) -> bool:
        """Whether it can be part of a stack."""
        return self.word in _USABLE

    @property
    def memory_gb(self) -> float:
        """Measured peak memory of its worker, in GB."""
        return (self.row.speed.peak_memory_mb or 0.0) / 1024 if self.row else 0.0


@dataclass(frozen=True)
class Recommendation:
    """All advice for a use case, the stack (capability -> advice), and sentences about missing evidence."""

    use_case: UseCase
    advice: tuple[Advice, ...]
    stack: Mapping[str, Advice]
    missing: tuple[str, ...]

    @property
    def memory_gb(self) -> float:
        """Memory of all models of the stack together, in GB; a model used twice is loaded once."""
        return sum({entry.model: entry.memory_gb for entry in self.stack.values()}.values())


def use_cases(path: Path = PACKAGED / "use_cases.yaml") -> tuple[str, ...]:
    """The names of the use cases in a file, in its order."""
    return tuple(read_yaml(path))


def use_case(name: str, path: Path = PACKAGED / "use_cases.yaml") -> UseCase:
    """The use case called ``name`` in a file. Raises `UnknownName` with the nearest name, `BadConfig` for invalid content."""
    cases = read_yaml(path)
    if name not in cases:
        raise UnknownName(f"there is no use case {name!r}{nearest(name, cases)}; it must be one of: {', '.join(cases)}")
    if not isinstance(cases[name], dict):
        raise BadConfig(f"{path}: use case {name} is {cases[name]!r}; expected title and needs")
    return parse(UseCase, cases[name], path)


def recommend(
    case: UseCase, scorecards: Sequence[Scorecard], models: Iterable[ModelCard], grades: Iterable[Grade]
) -> Recommendation:
    """Advice on every model that the run evaluated in a needed capability; ``grades`` are those of every dataset."""
    cards = {card.name: card for card in models}
    graded = {(grade.model, grade.capability, grade.dataset): grade for grade in grades}
    per_need = {need: _ordered(_assess(need, case, scorecards, cards, graded)) for need in case.needs}
    stack = _stack(case, per_need)
    advice = tuple(entry for entries in per_need.values() for entry in entries)
    return Recommendation(case, advice, stack, tuple(_missing(case, per_need, stack)))


def _assess(
    need: str,
    case: UseCase,
    scorecards: Sequence[Scorecard],
    cards: Mapping[str, ModelCard],
    graded: Mapping[tuple[str, str, str], Grade],
) -> Iterator[Advice]:
    """Advice on every model of the run, rejected with a reason or acceptable; the recommended one is chosen later.

    A model without a score is not evaluated rather than rejected.
    """
    for model, (table, row) in _evidence_rows(need, case.needs[need].dataset, scorecards).items():
        card, grade = cards.get(model), graded.get((model, need, table.data.name))
        if card is None or card.kind in ("oracle", "judge") or model.startswith("baseline_"):
            continue
        if grade is None:
            reason = UNGRADED if table.score(row) else row.reason or "not scored"
            yield Advice(need, model, "not evaluated", reason, None, row)
            continue
        if objections := "; ".join(_objections(case, card, table, row, grade)):
            yield Advice(need, model, "rejected", objections, grade, row)
            continue
        evidence = "; ".join(filter(None, [_evidence(table, row, grade), _unknown_speed(case, row.speed)]))
        yield Advice(need, model, "acceptable", evidence, grade, row)


def _evidence_rows(need: str, dataset: str, scorecards: Sequence[Scorecard]) -> dict[str, tuple[DatasetTable, ResultRow]]:
    """Model -> the table and row used as evidence: of ``dataset``, or of the table with most clusters.

    Data that ranks by a metric of its own tells something else, and is none.
    """
    tables = [table for card in scorecards if card.capability == need for table in card.tables if not table.data.primary]
    relevant = [table for table in tables if dataset in ("", table.data.name)]
    best: dict[str, tuple[DatasetTable, ResultRow]] = {}
    for table in sorted(relevant, key=lambda table: table.data.n_groups or 0):
        for row in table.rows:
            if row.model not in best or table.score(row):
                best[row.model] = (table, row)
    return best


def _objections(case: UseCase, card: ModelCard, table: DatasetTable, row: ResultRow, grade: Grade) -> Iterator[str]:
    speed = row.speed
    if not card.licence.allows(case.licence):
        yield f"its licence is not {case.licence}"
    if unprocessed_baseline.is_below(table, row.model):
        yield "it is significantly worse than the unprocessed input"
    if grade.letter == "F":
        yield f"grade F by {', '.join(rule.name for rule in grade.held_down_by)}"
    if case.device and row.spec and row.spec.device != case.device:
        yield f"measured on {row.spec.device}, not on {case.device}"
    memory = ("memory", (speed.peak_memory_mb or 0.0) / 1024, case.max_memory_gb, "GB")
    for what, measured, limit, unit in (memory, *(() if speed.contended else _speed_limits(case, speed))):
        if limit is not None and measured is not None and measured > limit:
            yield f"{what} {measured:.3g} {unit}".strip() + f" exceeds {limit:g}"


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


def _evidence(table: DatasetTable, row: ResultRow, grade: Grade) -> str:
    """The evidence of a verdict: the value, its interval, n, dataset and grade."""
    score = table.score(row)
    assert score is not None
    measured = f"{units.amount(score.value, table.primary.unit)} {units.interval(score.low, score.high, table.primary.unit)}"
    return f"{table.primary.name} {measured.strip()}, n {score.n_scored} on {table.data.name}; grade {grade.letter} by {', '.join(rule.name for rule in grade.held_down_by)}"


def _ordered(advice: Iterable[Advice]) -> list[Advice]:
    """Best first, the first usable one recommended; a tie is reported with the criterion that decided."""
    entries = sorted(advice, key=_order)
    if not entries or not entries[0].usable:
        return entries
    best, *others = entries
    tied = [other for other in others if other.usable and _rank(other) == _rank(best) and _data(other) == _data(best)]
    because = f"{best.because}; {_tie(best, tied)}" if tied else best.because
    return [replace(best, word="recommended", because=because), *others]


def _tie(best: Advice, tied: Sequence[Advice]) -> str:
    """A sentence about a tie, with the criterion by which the first model was chosen."""
    names = ", ".join(other.model for other in tied)
    second = min(tied, key=_order)
    assert best.grade is not None and second.grade is not None
    if best.grade.letter != second.grade.letter:
        criterion = "better grade"
    elif best.memory_gb < second.memory_gb:
        criterion = "lower memory"
    else:
        criterion = "alphabetical order, as nothing else distinguishes them"
    return f"tied with {names} (no significant difference); chosen by {criterion}"


def _rank(entry: Advice) -> int:
    return entry.row.rank if entry.row and entry.row.rank is not None else _UNRANKED


def _data(entry: Advice) -> str:
    return entry.grade.dataset if entry.grade else ""


def _order(entry: Advice) -> tuple[bool, int, int, float, str]:
    letter = LETTERS.index(entry.grade.letter) if entry.grade else len(LETTERS)
    return (not entry.usable, letter, _rank(entry), entry.memory_gb, entry.model)


def _stack(case: UseCase, per_need: Mapping[str, Sequence[Advice]]) -> dict[str, Advice]:
    """The best combination that fits into the memory; capabilities without a usable model are left out."""
    usable = {need: list(islice((e for e in entries if e.usable), _CONSIDERED)) for need, entries in per_need.items()}
    usable = {need: entries for need, entries in usable.items() if entries}
    limit = case.max_memory_gb if case.max_memory_gb is not None else float("inf")
    fitting = [choice for choice in product(*usable.values()) if sum({e.model: e.memory_gb for e in choice}.values()) <= limit]
    if not usable or not fitting:
        return {}
    best = max(fitting, key=lambda choice: sum(case.needs[entry.capability].weight * _points(entry) for entry in choice))
    return {entry.capability: entry for entry in best}


def _points(entry: Advice) -> int:
    assert entry.grade is not None
    return len(LETTERS) - LETTERS.index(entry.grade.letter)


def _missing(case: UseCase, per_need: Mapping[str, Sequence[Advice]], stack: Mapping[str, Advice]) -> Iterator[str]:
    """Sentences about missing evidence and needs that are not met."""
    for need in case.needs:
        if not per_need[need]:
            yield f"{need}: the run evaluated no model; run: model-lab sprint hf_sprint_2026q1"
        elif all(entry.word == "not evaluated" for entry in per_need[need]):
            yield f"{need}: no model was evaluated; set one up (model-lab setup), then run: model-lab sprint hf_sprint_2026q1"
        elif not any(entry.usable for entry in per_need[need]):
            yield f"{need}: no evaluated model meets the limits of this use case"
    if not stack and any(entry.usable for entries in per_need.values() for entry in entries):
        yield f"no combination fits into {case.max_memory_gb:g} GB; allow more with --max-memory"
    for entry in stack.values():
        assert entry.grade is not None
        if entry.row and (unknown := _unknown_speed(case, entry.row.speed)):
            yield f"{entry.capability}: {entry.model}: {unknown}"
        weak = [rule for rule in entry.grade.rules if rule.name.startswith("evidence") and (rule.letter or "A") > "B"]
        if weak:
            yield f"{entry.capability}: {entry.model} has weak evidence ({', '.join(f'{rule.name[10:-1]} {rule.found}' for rule in weak)})"

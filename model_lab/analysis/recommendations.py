"""Which models to use for what somebody wants to do: recommended, acceptable, rejected or not evaluated, with the evidence.

A use case names the capabilities it takes and what no model may exceed. Within a capability the best grade is recommended (then
the better rank, then less memory), and a tie is said to be one; a model without a score is not evaluated, whatever else is known of
it; the stack is the choice of one model for each that fits together into the memory and has the
largest weighted sum of grades.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path
from typing import Literal

from pydantic import Field

from model_lab import units
from model_lab.analysis import yardstick
from model_lab.analysis.contended_times import CONTENDED
from model_lab.analysis.grades import LETTERS, UNGRADED, Grade
from model_lab.analysis.schema import DatasetTable, ResultRow, Scorecard
from model_lab.contract import Device, ModelCard, Permitted
from model_lab.errors import BadConfig, UnknownName, nearest
from model_lab.results.schema import Speed
from model_lab.runs.sprint import PACKAGED
from model_lab.schemas import Strict, parse, read_yaml

Word = Literal["recommended", "acceptable", "rejected", "not evaluated"]
_USABLE: tuple[Word, ...] = ("recommended", "acceptable")
_UNRANKED = 10**6
_CONSIDERED = 4
"""So many models of a capability, best first, are tried in a stack."""


class Need(Strict):
    """How much a capability counts, and the dataset that speaks for the use case, if one does more than others."""

    weight: float = Field(gt=0)
    dataset: str = ""


class UseCase(Strict):
    """What somebody wants to do, and what no model may exceed."""

    title: str
    needs: dict[str, Need] = Field(min_length=1)
    licence: Permitted = "any"
    max_memory_gb: float | None = Field(default=None, gt=0, description="of all models together, and of each")
    max_real_time_factor: float | None = Field(default=None, gt=0)
    max_latency_s: float | None = Field(default=None, gt=0, description="median of a call")
    device: Device | None = Field(default=None, description="what it must have been measured on; any if absent")


@dataclass(frozen=True)
class Advice:
    """A word on one model for one capability, and why."""

    capability: str
    model: str
    word: Word
    because: str
    grade: Grade | None
    row: ResultRow | None

    @property
    def usable(self) -> bool:
        """Whether it can be part of a stack."""
        return self.word in _USABLE

    @property
    def memory_gb(self) -> float:
        """Peak of its worker as measured."""
        return (self.row.speed.peak_memory_mb or 0.0) / 1024 if self.row else 0.0


@dataclass(frozen=True)
class Recommendation:
    """All advice for a use case, the stack (capability -> model), and in sentences what evidence is missing."""

    use_case: UseCase
    advice: tuple[Advice, ...]
    stack: Mapping[str, Advice]
    missing: tuple[str, ...]

    @property
    def memory_gb(self) -> float:
        """Of all models of the stack together; one that serves twice is loaded once."""
        return sum({entry.model: entry.memory_gb for entry in self.stack.values()}.values())


def use_cases(path: Path = PACKAGED / "use_cases.yaml") -> tuple[str, ...]:
    """The names of the use cases in a file, in its order."""
    return tuple(read_yaml(path))


def use_case(name: str, path: Path = PACKAGED / "use_cases.yaml") -> UseCase:
    """The use case called ``name`` in a file. Raises `UnknownName` with the nearest one, `BadConfig` for what is wrong in it."""
    known = read_yaml(path)
    if name not in known:
        raise UnknownName(f"there is no use case {name!r}{nearest(name, known)}; it must be one of: {', '.join(known)}")
    if not isinstance(known[name], dict):
        raise BadConfig(f"{path}: use case {name} is {known[name]!r}; expected title and needs")
    return parse(UseCase, known[name], path)


def recommend(
    wanted: UseCase, scorecards: Sequence[Scorecard], models: Iterable[ModelCard], grades: Iterable[Grade]
) -> Recommendation:
    """Advice on every model that the run asked about a needed capability; ``grades`` are those of every dataset."""
    cards = {card.name: card for card in models}
    graded = {(grade.model, grade.capability, grade.dataset): grade for grade in grades}
    per_need = {need: _ordered(_advised(need, wanted, scorecards, cards, graded)) for need in wanted.needs}
    stack = _stack(wanted, per_need)
    advice = tuple(entry for found in per_need.values() for entry in found)
    return Recommendation(wanted, advice, stack, tuple(_missing(wanted, per_need, stack)))


def _advised(
    need: str,
    wanted: UseCase,
    scorecards: Sequence[Scorecard],
    cards: Mapping[str, ModelCard],
    graded: Mapping[tuple[str, str, str], Grade],
) -> Iterator[Advice]:
    """Every model asked, with the reason for rejecting it if there is one; the best of the others is chosen later.

    A model that was never scored is not evaluated: nothing speaks against it but that.
    """
    for model, (table, row) in _speaking(need, wanted.needs[need].dataset, scorecards).items():
        card, grade = cards.get(model), graded.get((model, need, table.data.name))
        if card is None or card.kind in ("oracle", "judge") or model.startswith("baseline_"):
            continue
        if grade is None:
            reason = UNGRADED if table.score(row) else row.reason or "it was not scored"
            yield Advice(need, model, "not evaluated", reason, None, row)
            continue
        if against := "; ".join(_against(wanted, card, table, row, grade)):
            yield Advice(need, model, "rejected", against, grade, row)
            continue
        evidence = "; ".join(filter(None, [_evidence(table, row, grade), _speed_not_known(wanted, row.speed)]))
        yield Advice(need, model, "acceptable", evidence, grade, row)


def _speaking(need: str, dataset: str, scorecards: Sequence[Scorecard]) -> dict[str, tuple[DatasetTable, ResultRow]]:
    """Model -> the table that speaks for it: of ``dataset``, or the one with most clusters."""
    tables = [table for card in scorecards if card.capability == need for table in card.tables]
    chosen = [table for table in tables if dataset in ("", table.data.name)]
    found: dict[str, tuple[DatasetTable, ResultRow]] = {}
    for table in sorted(chosen, key=lambda table: table.data.n_groups or 0):
        for row in table.rows:
            if row.model not in found or table.score(row):
                found[row.model] = (table, row)
    return found


def _against(wanted: UseCase, card: ModelCard, table: DatasetTable, row: ResultRow, grade: Grade) -> Iterator[str]:
    speed = row.speed
    if not card.licence.allows(wanted.licence):
        yield f"its licence is not {wanted.licence}"
    if yardstick.is_below(table, row.model):
        yield "it is significantly worse than leaving the input untouched"
    if grade.letter == "F":
        yield f"grade F by {', '.join(rule.name for rule in grade.held_down_by)}"
    if wanted.device and row.spec and row.spec.device != wanted.device:
        yield f"measured on {row.spec.device}, not on {wanted.device}"
    memory = ("memory", (speed.peak_memory_mb or 0.0) / 1024, wanted.max_memory_gb, "GB")
    for what, found, limit, unit in (memory, *(() if speed.contended else _speed_limits(wanted, speed))):
        if limit is not None and found is not None and found > limit:
            yield f"{what} {found:.3g} {unit}".strip() + f" exceeds {limit:g}"


def _speed_limits(wanted: UseCase, speed: Speed) -> tuple[tuple[str, float | None, float | None, str], ...]:
    """What it took and may take. A contended speed keeps no model out: without its neighbours it would be faster."""
    return (
        ("real-time factor", speed.real_time_factor, wanted.max_real_time_factor, ""),
        ("median latency", speed.latency_p50_s, wanted.max_latency_s, "s"),
    )


def _speed_not_known(wanted: UseCase, speed: Speed) -> str:
    """The limit that a contended speed exceeds, in a sentence; empty if there is none."""
    for what, found, limit, _ in _speed_limits(wanted, speed) if speed.contended else ():
        if limit is not None and found is not None and found > limit:
            return f"whether its {what} is at most {limit:g} is not known ({found:.3g}, {CONTENDED}); time it again with: model-lab time"
    return ""


def _evidence(table: DatasetTable, row: ResultRow, grade: Grade) -> str:
    """The sentence behind a word: the number, its interval, n, data and grade."""
    score = table.score(row)
    assert score is not None
    measured = f"{units.amount(score.value, table.primary.unit)} {units.interval(score.low, score.high, table.primary.unit)}"
    return f"{table.primary.name} {measured.strip()}, n {score.n_scored} on {table.data.name}; grade {grade.letter} by {', '.join(rule.name for rule in grade.held_down_by)}"


def _ordered(found: Iterable[Advice]) -> list[Advice]:
    """Best first, the first usable one recommended; if others share its rank, that is said, and what decided."""
    entries = sorted(found, key=_order)
    if not entries or not entries[0].usable:
        return entries
    best, *others = entries
    tied = [other for other in others if other.usable and _rank(other) == _rank(best) and _data(other) == _data(best)]
    because = f"{best.because}; {_tie(best, tied)}" if tied else best.because
    return [replace(best, word="recommended", because=because), *others]


def _tie(best: Advice, tied: Sequence[Advice]) -> str:
    """That models do not differ significantly, and what the first was chosen for in spite of that."""
    names = ", ".join(other.model for other in tied)
    second = min(tied, key=_order)
    assert best.grade is not None and second.grade is not None
    if best.grade.letter != second.grade.letter:
        chosen = "the better grade"
    elif best.memory_gb < second.memory_gb:
        chosen = "less memory"
    else:
        chosen = "its name, as nothing else tells them apart"
    return f"tied with {names} (no significant difference); chosen for {chosen}"


def _rank(entry: Advice) -> int:
    return entry.row.rank if entry.row and entry.row.rank is not None else _UNRANKED


def _data(entry: Advice) -> str:
    return entry.grade.dataset if entry.grade else ""


def _order(entry: Advice) -> tuple[bool, int, int, float, str]:
    letter = LETTERS.index(entry.grade.letter) if entry.grade else len(LETTERS)
    return (not entry.usable, letter, _rank(entry), entry.memory_gb, entry.model)


def _stack(wanted: UseCase, per_need: Mapping[str, Sequence[Advice]]) -> dict[str, Advice]:
    """The best combination that fits into the memory; needs that no model meets are left out of it."""
    usable = {need: list(islice((e for e in found if e.usable), _CONSIDERED)) for need, found in per_need.items()}
    usable = {need: found for need, found in usable.items() if found}
    limit = wanted.max_memory_gb if wanted.max_memory_gb is not None else float("inf")
    fitting = [choice for choice in product(*usable.values()) if sum({e.model: e.memory_gb for e in choice}.values()) <= limit]
    if not usable or not fitting:
        return {}
    best = max(fitting, key=lambda choice: sum(wanted.needs[entry.capability].weight * _points(entry) for entry in choice))
    return {entry.capability: entry for entry in best}


def _points(entry: Advice) -> int:
    assert entry.grade is not None
    return len(LETTERS) - LETTERS.index(entry.grade.letter)


def _missing(wanted: UseCase, per_need: Mapping[str, Sequence[Advice]], stack: Mapping[str, Advice]) -> Iterator[str]:
    """What is not known, or could not be had."""
    for need in wanted.needs:
        if not per_need[need]:
            yield f"{need}: the run asked no model; run: model-lab sprint hf_sprint_2026q1"
        elif all(entry.word == "not evaluated" for entry in per_need[need]):
            yield f"{need}: no model was evaluated; set one up (model-lab setup), then run: model-lab sprint hf_sprint_2026q1"
        elif not any(entry.usable for entry in per_need[need]):
            yield f"{need}: no model evaluated meets what this use case asks for"
    if not stack and any(entry.usable for found in per_need.values() for entry in found):
        yield f"no combination fits into {wanted.max_memory_gb:g} GB; allow more with --max-memory"
    for entry in stack.values():
        assert entry.grade is not None
        if entry.row and (unknown := _speed_not_known(wanted, entry.row.speed)):
            yield f"{entry.capability}: {entry.model}: {unknown}"
        weak = [rule for rule in entry.grade.rules if rule.name.startswith("evidence") and (rule.letter or "A") > "B"]
        if weak:
            yield f"{entry.capability}: {entry.model} stands on little ({', '.join(f'{rule.name[10:-1]} {rule.found}' for rule in weak)})"

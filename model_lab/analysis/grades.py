"""Readiness grades: letters from the rules in one file, with the measured value for every rule.

Every dataset that a model was scored on gives it a grade. Its grade in a capability is the worst of those with the best evidence
(tier, reference, clusters); grades on other datasets are listed with it, as specialists are good at one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from model_lab import capabilities, units
from model_lab.analysis.contended_times import CONTENDED
from model_lab.analysis.schema import DatasetTable, ResultRow, Scorecard
from model_lab.capabilities._base import threshold_problem
from model_lab.contract import ModelCard, Permitted
from model_lab.datasets.card import Tier
from model_lab.datasets.manifest import Clusters
from model_lab.errors import nearest
from model_lab.results.schema import Speed
from model_lab.runs.sprint import PACKAGED
from model_lab.schemas import Strict, parse, read_yaml

Letter = Literal["A", "B", "C", "D", "F"]
LETTERS: tuple[Letter, ...] = ("A", "B", "C", "D", "F")
MOVED = 0.1
"""Fraction by which each threshold is moved, up and down, to test whether the grade depends on it."""

_CLUSTERS: dict[Clusters, str] = {
    "given": "given by the data",
    "speaker": "the speakers",
    "unknown": "clusters unknown: every sample counts as one",
}

Thresholds = tuple[float, float, float, float]

UNGRADED = "no thresholds: not graded"
"""The remark on a model with a score in a capability without thresholds."""


class Rules(Strict):
    """The schema of ``grades.yaml``."""

    quality: dict[str, Thresholds] = Field(
        default={}, description="capability -> worst primary value that still earns A, B, C, D, instead of the capability's own"
    )
    real_time_factor: Thresholds
    latency_s: Thresholds
    memory_gb: Thresholds
    failure_rate: Thresholds
    clusters: Thresholds
    clusters_known: dict[Clusters, Letter] = Field(description="where the clusters come from -> the best letter it can earn")
    tier: dict[Tier, Letter]
    truth: dict[str, Letter]
    licence: dict[Permitted, Letter]
    deterministic: dict[bool, Letter]

    @field_validator("quality")
    @classmethod
    def _check_names(cls, quality: dict[str, Thresholds]) -> dict[str, Thresholds]:
        """Reject a name that looks misspelt; others may belong to a plug-in that is not installed here."""
        for name in quality:
            if name not in capabilities.names() and (meant := nearest(name, capabilities.names())):
                raise ValueError(f"there is no capability {name!r}{meant}")
        return quality

    @model_validator(mode="after")
    def _ordered(self) -> Rules:
        for name, thresholds in {**self.quality, **self._numbers()}.items():
            if problem := threshold_problem(thresholds):
                raise ValueError(f"the thresholds of {name} are {list(thresholds)}; {problem}")
        return self

    @property
    def unused(self) -> tuple[str, ...]:
        """The capabilities with thresholds under quality that are not installed here."""
        return tuple(name for name in self.quality if name not in capabilities.names())

    def of(self, capability: str) -> Thresholds | None:
        """The thresholds of a capability's primary metric: those of this file, else its own; None if it has none."""
        definition = capabilities.usable(capability)
        return self.quality.get(capability) or (definition.grade_thresholds if definition else None)

    def _numbers(self) -> dict[str, Thresholds]:
        return {name: getattr(self, name) for name in ("real_time_factor", "latency_s", "memory_gb", "failure_rate", "clusters")}


@dataclass(frozen=True)
class Rule:
    """One rule applied: the letter it gives, the measured value, and for numbers the thresholds and their direction.

    Without a letter it was not applied, and ``found`` has the reason.
    """

    name: str
    letter: Letter | None
    found: str
    value: float | None = None
    thresholds: Thresholds | None = None
    higher_is_better: bool = False

    @property
    def missed(self) -> str:
        """What the next better letter requires; empty for an A and for rules without numbers."""
        if self.thresholds is None or self.letter is None or self.letter == "A":
            return ""
        better = LETTERS[LETTERS.index(self.letter) - 1]
        return f"{better} requires {'>=' if self.higher_is_better else '<='} {self.thresholds[LETTERS.index(better)]:g}"


@dataclass(frozen=True)
class Grade:
    """The letter of a model in a capability, its dataset, its rules, and the thresholds it is sensitive to.

    ``elsewhere``: (dataset, letter) of other datasets with another letter.
    """

    model: str
    capability: str
    dataset: str
    letter: Letter
    rules: tuple[Rule, ...]
    sensitive: tuple[str, ...]
    elsewhere: tuple[tuple[str, Letter], ...] = ()

    @property
    def shown(self) -> str:
        """The letter, with those on other datasets: "F (C on bird_calls)"."""
        others = ", ".join(f"{letter} on {dataset}" for dataset, letter in self.elsewhere)
        return f"{self.letter} ({others})" if others else self.letter

    @property
    def held_down_by(self) -> tuple[Rule, ...]:
        """The rules that give the letter."""
        return tuple(rule for rule in self.rules if rule.letter == self.letter)


def rules(path: Path = PACKAGED / "grades.yaml") -> Rules:
    """The rules in a file; raises `BadConfig` with the key that is wrong."""
    return parse(Rules, read_yaml(path), path)


def grades(cards: Iterable[Scorecard], models: Iterable[ModelCard], by: Rules) -> list[Grade]:
    """A grade for every model with a score on every dataset; baselines and oracles get none.

    Nor do models in capabilities without thresholds (`UNGRADED`), and on data that ranks by a metric of its own, which has none.
    """
    graded = {card.name: card for card in models if not card.name.startswith("baseline_")}
    return [
        _grade(card.capability, table, row, graded[row.model], by)
        for card in cards
        for table in card.tables
        for row in table.rows
        if row.model in graded and table.score(row) and by.of(card.capability) is not None and not table.data.primary
    ]


def by_capability(grades: Iterable[Grade]) -> dict[tuple[str, str], Grade]:
    """(model, capability) -> the grade that it has in the capability."""
    pairs: dict[tuple[str, str], list[Grade]] = {}
    for grade in grades:
        pairs.setdefault((grade.model, grade.capability), []).append(grade)
    return {pair: _best_evidence(of_pair) for pair, of_pair in pairs.items()}


def _best_evidence(of_pair: Sequence[Grade]) -> Grade:
    """The lowest of those with the best evidence."""

    def evidence(grade: Grade) -> int:
        return LETTERS.index(lowest(_letters(rule for rule in grade.rules if rule.name.startswith("evidence"))))

    best = min(map(evidence, of_pair))
    chosen = max((grade for grade in of_pair if evidence(grade) == best), key=lambda grade: LETTERS.index(grade.letter))
    return replace(chosen, elsewhere=tuple((grade.dataset, grade.letter) for grade in of_pair if grade.letter != chosen.letter))


def _letters(applied: Iterable[Rule]) -> Iterable[Letter]:
    return (rule.letter for rule in applied if rule.letter is not None)


def lowest(letters: Iterable[Letter]) -> Letter:
    """The worst of several letters."""
    return max(letters, key=LETTERS.index)


def letter(value: float, thresholds: Sequence[float], higher_is_better: bool) -> Letter:
    """The letter of a value.

    >>> letter(0.08, (0.05, 0.1, 0.2, 0.4), False), letter(2.6, (3.0, 2.5, 2.0, 1.5), True), letter(9, (1, 2, 3, 4), False)
    ('B', 'B', 'F')
    """
    met = (value >= threshold if higher_is_better else value <= threshold for threshold in thresholds)
    return next((earned for earned, holds in zip(LETTERS, met, strict=False) if holds), "F")


def _grade(capability: str, table: DatasetTable, row: ResultRow, card: ModelCard, by: Rules) -> Grade:
    applied = tuple(_applied(capability, table, row, card, by))
    overall = lowest(_letters(applied))
    return Grade(row.model, capability, table.data.name, overall, applied, tuple(_sensitive_to(applied, overall)))


def _applied(capability: str, table: DatasetTable, row: ResultRow, card: ModelCard, by: Rules) -> Iterable[Rule]:
    score, speed = table.score(row), row.speed
    thresholds = by.of(capability)
    assert score is not None and score.value is not None and thresholds is not None
    higher = bool(table.primary.higher_is_better)
    ends = [end for end in (score.low, score.high, score.value) if end is not None]
    bound = min(ends) if higher else max(ends)
    shown = f"{units.amount(score.value, table.primary.unit)} {units.interval(score.low, score.high, table.primary.unit)}".strip()
    yield _number(f"quality ({table.primary.name})", bound, thresholds, shown, higher)
    if speed.real_time_factor is not None:
        yield _speed("speed (real-time factor)", speed.real_time_factor, by.real_time_factor, speed)
    elif speed.latency_p50_s is not None:
        yield _speed("speed (median s a call)", speed.latency_p50_s, by.latency_s, speed)
    if speed.peak_memory_mb is not None:
        yield _number("memory (GB)", speed.peak_memory_mb / 1024, by.memory_gb)
    answers = (row.n_ok or 0) + (row.n_failed or 0)
    yield _number("failures (share of answers)", (row.n_failed or 0) / answers if answers else 1.0, by.failure_rate)
    yield _number("evidence (clusters)", score.n_groups, by.clusters, higher=True)
    clusters = table.data.clusters
    yield Rule("evidence (clusters known)", by.clusters_known[clusters], _CLUSTERS[clusters])
    yield Rule("evidence (tier)", by.tier[row.tier], row.tier)  # type: ignore[index]
    yield Rule("evidence (truth)", by.truth[table.data.truth], table.data.truth)
    yield Rule("licence", by.licence[_covers(card)], row.licence)
    yield Rule("determinism", by.deterministic[card.deterministic], "same answer twice" if card.deterministic else "answers vary")


def _covers(card: ModelCard) -> Permitted:
    """The strictest filter that its licence passes; an unstated licence passes none."""
    if card.licence.allows("permissive"):
        return "permissive"
    return "commercial" if card.licence.commercial and not card.licence.unclear else "any"


def _number(name: str, value: float, thresholds: Thresholds, shown: str = "", higher: bool = False) -> Rule:
    return Rule(name, letter(value, thresholds, higher), shown or f"{value:.3g}", value, thresholds, higher)


def _speed(name: str, value: float, thresholds: Thresholds, measured: Speed) -> Rule:
    """A contended speed is not graded: it is not the model's own."""
    if measured.contended:
        return Rule(name, None, f"{value:.3g}; not graded: {CONTENDED}, time it again with: model-lab time")
    return _number(name, value, thresholds)


def _sensitive_to(applied: Sequence[Rule], overall: Letter) -> Iterable[str]:
    """The thresholds that, moved by a tenth, would change the grade."""
    for place, rule in enumerate(applied):
        if rule.thresholds is None or rule.value is None:
            continue
        others = list(_letters(other for number, other in enumerate(applied) if number != place))
        for number, threshold in enumerate(rule.thresholds):
            for factor in (1 - MOVED, 1 + MOVED):
                moved = (*rule.thresholds[:number], threshold * factor, *rule.thresholds[number + 1 :])
                changed = lowest([*others, letter(rule.value, moved, rule.higher_is_better)])
                if changed != overall:
                    yield f"{rule.name} {LETTERS[number]} at {threshold * factor:g} instead of {threshold:g}: {changed}"

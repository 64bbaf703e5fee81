"""Readiness grades: a letter for how good a model is, and beside it how strong the evidence is.

The letter is the lowest of the rules on quality, speed, memory, failures, licence, determinism and independence. Quality is graded by the
value itself or by the improvement over doing nothing, as the capability says (`Grading`); the width of its interval, the number of
clusters, the tier and the kind of truth are evidence, which is a level of its own and lowers no letter. In place of a letter stands
"not shown to beat doing nothing" where the paired comparison does not show it.

A model's grade in a capability rests on all its datasets: the mean of their values, weighted by how independent they are. Data that this
project or the model's makers wrote counts only where there is no other, and then the letter is at most C.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from model_lab import capabilities, units
from model_lab.analysis.contended_times import CONTENDED
from model_lab.analysis.doing_nothing import NOT_SHOWN, ROWS, AgainstNothing, CountedRow, improved, tests
from model_lab.analysis.evidence import EvidenceRule, evidence, lowest
from model_lab.analysis.grading_rules import LETTERS, Letter, Level, Origin, Rules, Thresholds, origin, rules
from model_lab.analysis.pooling import Estimate, mean
from model_lab.analysis.schema import DatasetTable, Scorecard
from model_lab.capabilities._grading import OVER_TITLES, Grading
from model_lab.contract import ModelCard, Permitted

__all__ = ["LETTERS", "Grade", "Letter", "Rule", "Rules", "grade_models", "grades", "in_capabilities", "letter", "rules"]

MOVED = 0.1
"""Fraction by which each threshold is moved, up and down, to test whether the grade depends on it."""

UNGRADED = "no thresholds: not graded"
"""The remark on a model with a score in a capability without thresholds."""

Relevance = Callable[[str], float]
"""Name of a dataset -> how much it counts for a use case, 0 or more."""


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
    """A model in a capability, on one dataset or over several.

    Attributes:
        dataset: The datasets that it rests on, joined by commas.
        letter: The letter; None where ``remark`` stands in its place.
        remark: "not shown to beat doing nothing", or why the quality is not graded; empty if there is a letter.
        evidence: How strong the evidence is, with its criteria in ``evidence_rules``.
        rules: Every rule of the letter.
        sensitive: Thresholds that would change the letter if they were moved by a tenth.
        elsewhere: (dataset, letter or remark) of single datasets that say something else.
        quality: The graded quantity with its interval, in the scale of the capability's `Grading`; None if it is unknown.
        independent: Whether any of the datasets was written neither by this project nor by the model's makers.
    """

    model: str
    capability: str
    dataset: str
    letter: Letter | None
    rules: tuple[Rule, ...]
    sensitive: tuple[str, ...]
    elsewhere: tuple[tuple[str, str], ...] = ()
    remark: str = ""
    evidence: Level = "thin"
    evidence_rules: tuple[EvidenceRule, ...] = ()
    datasets: tuple[str, ...] = ()
    quality: Estimate | None = None
    independent: bool = True

    @property
    def verdict(self) -> str:
        """The letter with its evidence, or what stands in its place: "B, on thin evidence"."""
        return f"{self.letter}, on {self.evidence} evidence" if self.letter else self.remark

    @property
    def shown(self) -> str:
        """The verdict, with those on single datasets: "F, on thin evidence (C on bird_calls)"."""
        return self._with_others(self.verdict)

    @property
    def without_evidence(self) -> str:
        """As `shown`, for tables with a column of the evidence: "F (C on bird_calls)"."""
        return self._with_others(self.letter or self.remark)

    def _with_others(self, verdict: str) -> str:
        others = ", ".join(f"{said} on {dataset}" for dataset, said in self.elsewhere)
        return f"{verdict} ({others})" if others else verdict

    @property
    def order(self) -> tuple[int, int]:
        """Sort key: better letters first, those without one last, then stronger evidence."""
        return (LETTERS.index(self.letter) if self.letter else len(LETTERS), ("strong", "moderate", "thin").index(self.evidence))

    @property
    def held_down_by(self) -> tuple[Rule, ...]:
        """The rules that give the letter."""
        return tuple(rule for rule in self.rules if self.letter and rule.letter == self.letter)

    @property
    def thin_because(self) -> tuple[EvidenceRule, ...]:
        """The criteria that give the level of evidence; none if it is strong."""
        return tuple(rule for rule in self.evidence_rules if rule.level == self.evidence != "strong")


def grades(cards: Iterable[Scorecard], models: Iterable[ModelCard], by: Rules) -> list[Grade]:
    """A grade for every model with a score on every dataset; baselines and oracles get none.

    Nor do models in capabilities without thresholds (`UNGRADED`).
    """
    known = _gradable(models)
    return [
        grade
        for card in cards
        for table in card.tables
        for grade in grade_models(
            card.capability,
            {row.model: [CountedRow(table, row, 1.0)] for row in table.rows if row.model in known and table.score(row)},
            known,
            by,
        ).values()
    ]


def in_capabilities(cards: Iterable[Scorecard], models: Iterable[ModelCard], by: Rules) -> dict[tuple[str, str], Grade]:
    """(model, capability) -> its grade over all datasets of the capability, with the single ones that say something else."""
    cards, known = list(cards), _gradable(models)
    single = grades(cards, known.values(), by)
    found: dict[tuple[str, str], Grade] = {}
    for card in cards:
        datasets = {name: counted(card.tables, one, by) for name, one in known.items()}
        pooled = grade_models(card.capability, {name: tested for name, tested in datasets.items() if tested}, known, by)
        for name, grade in pooled.items():
            others = [one for one in single if (one.model, one.capability) == (name, card.capability)]
            elsewhere = tuple(
                (one.dataset, said) for one in others if (said := one.letter or one.remark) != (grade.letter or grade.remark)
            )
            found[name, card.capability] = replace(grade, elsewhere=elsewhere)
    return found


def counted(
    tables: Iterable[DatasetTable], card: ModelCard, by: Rules, relevance: Relevance = lambda dataset: 1.0
) -> list[CountedRow]:
    """The datasets that count for a model, with their weights: relevance x independence.

    Those that weigh nothing because this project or the model's makers wrote them count, alike, where there is no other.
    """
    scored = [
        (table, row, relevance(table.data.name))
        for table in tables
        for row in table.rows
        if row.model == card.name and table.score(row) and relevance(table.data.name) > 0
    ]
    tested = [
        CountedRow(table, row, relevant * by.weights.of(_origin(table, card), table.data.truth))
        for table, row, relevant in scored
    ]
    weighty = [one for one in tested if one.weight > 0]
    return weighty or [CountedRow(table, row, relevant) for table, row, relevant in scored]


def grade_models(
    capability: str, datasets: Mapping[str, Sequence[CountedRow]], models: Mapping[str, ModelCard], by: Rules
) -> dict[str, Grade]:
    """The grade of every model of one capability over its ``datasets``; none where the capability has no thresholds."""
    grading, definition = by.of(capability), capabilities.usable(capability)
    if grading is None or definition is None:
        return {}
    against = tests(datasets, grading, definition.primary.best)
    return {
        model: _grade(capability, grading, definition.primary.best, tested, models[model], against[model], by)
        for model, tested in datasets.items()
    }


def _gradable(models: Iterable[ModelCard]) -> dict[str, ModelCard]:
    return {card.name: card for card in models if not card.name.startswith("baseline_")}


def _origin(table: DatasetTable, card: ModelCard) -> Origin:
    return origin(table.data.author, table.data.name, card.own_datasets)


def letter(value: float, thresholds: Sequence[float], higher_is_better: bool) -> Letter:
    """The letter of a value.

    >>> letter(0.08, (0.05, 0.1, 0.2, 0.4), False), letter(2.6, (3.0, 2.5, 2.0, 1.5), True), letter(9, (1, 2, 3, 4), False)
    ('B', 'B', 'F')
    """
    met = (value >= threshold if higher_is_better else value <= threshold for threshold in thresholds)
    return next((earned for earned, holds in zip(LETTERS, met, strict=False) if holds), "F")


def lowest_letter(letters: Iterable[Letter]) -> Letter:
    """The worst of several letters."""
    return max(letters, key=LETTERS.index)


def _grade(
    capability: str,
    grading: Grading,
    best: float,
    datasets: Sequence[CountedRow],
    card: ModelCard,
    against: AgainstNothing,
    by: Rules,
) -> Grade:
    datasets, quality = _quality(datasets, grading, best)
    origins = [_origin(one.table, card) for one in datasets]
    applied = tuple(_applied(grading, datasets, origins, quality, card, by))
    remark = "" if quality else applied[0].found
    if against.shown is False:
        remark = NOT_SHOWN
    overall = None if remark else lowest_letter(_letters(applied))
    found: tuple[EvidenceRule, ...] = ()
    if quality:
        found = tuple(evidence(datasets, origins, quality, grading.thresholds, against, by.evidence))
    names = tuple(one.table.data.name for one in datasets)
    return Grade(
        card.name,
        capability,
        ", ".join(names),
        overall,
        applied,
        tuple(_sensitive_to(applied, overall)) if overall else (),
        remark=remark,
        evidence=lowest(rule.level for rule in found) if found else "thin",
        evidence_rules=found,
        datasets=names,
        quality=quality,
        independent=_independence(origins) == "independent",
    )


def _quality(datasets: Sequence[CountedRow], grading: Grading, best: float) -> tuple[Sequence[CountedRow], Estimate | None]:
    """The graded quantity, and the datasets that it rests on: those with an interval, if there are any.

    An interval ends where the quantity does.
    """
    known = [(tested, one) for tested in datasets if (one := _on_one(tested, grading, best))]
    known = [(tested, one) for tested, one in known if one.has_interval] or known
    if not known:
        return datasets, None
    used = [tested for tested, _ in known]
    found = mean([(one, tested.weight) for tested, one in known])
    if found.low is None or found.high is None or grading.measure == "gain":
        return used, found
    end = 1.0 if grading.measure == "share" else best
    if grading.falls(bool(used[0].table.primary.higher_is_better)):
        return used, replace(found, high=min(found.high, max(end, found.value)))
    return used, replace(found, low=max(found.low, min(end, found.value)))


def _on_one(tested: CountedRow, grading: Grading, best: float) -> Estimate | None:
    if grading.measure != "value":
        return improved(tested, ROWS[grading.over], grading, best)
    score = tested.table.score(tested.row)
    return Estimate(score.value, score.low, score.high, score.n_groups) if score and score.value is not None else None


def _letters(applied: Iterable[Rule]) -> Iterator[Letter]:
    return (rule.letter for rule in applied if rule.letter is not None)


def _applied(
    grading: Grading,
    datasets: Sequence[CountedRow],
    origins: Sequence[Origin],
    quality: Estimate | None,
    card: ModelCard,
    by: Rules,
) -> Iterator[Rule]:
    yield _quality_rule(grading, datasets, quality)
    yield from _speed(datasets, by)
    peaks = [one.row.speed.peak_memory_mb for one in datasets if one.row.speed.peak_memory_mb is not None]
    if peaks:
        yield _number("memory (GB)", max(peaks) / 1024, by.memory_gb.thresholds)
    failed = sum(one.row.n_failed or 0 for one in datasets)
    answers = failed + sum(one.row.n_ok or 0 for one in datasets)
    yield _number("failures (share of answers)", failed / answers if answers else 1.0, by.failure_rate.thresholds)
    whose = _independence(origins)
    yield Rule("independence", by.independence.letters[whose], _WHOSE[whose])
    yield Rule("licence", by.licence.letters[_covers(card)], datasets[0].row.licence)
    kind = "true" if card.deterministic else "false"
    yield Rule("determinism", by.deterministic.letters[kind], "same answer twice" if card.deterministic else "answers vary")


_WHOSE = {
    "independent": "a test that neither this project nor its makers wrote",
    "project": "truth: project (this project wrote the test)",
    "own": "its makers made this data, or tuned it on it",
}


def _independence(origins: Iterable[Origin]) -> str:
    written = set(origins)
    if written - {"project", "own"}:
        return "independent"
    return "own" if "own" in written else "project"


def _quality_rule(grading: Grading, datasets: Sequence[CountedRow], quality: Estimate | None) -> Rule:
    primary = datasets[0].table.primary
    name = f"quality ({primary.name})"
    if quality is None:
        row, data = ROWS[grading.over], datasets[0].table.data.name
        again = "model-lab score RUN" if grading.over == "untouched" else f"model-lab run {row} {data}"
        return Rule(name, None, f"not graded: no paired comparison with {row}; run: {again}")
    unit = "ratio" if grading.measure == "share" else primary.unit
    number = units.amount(quality.value, unit)
    shown = f"{number} {units.interval(quality.low, quality.high, unit)}".strip()
    over = OVER_TITLES.get(grading.over, "")
    found = {
        "value": shown,
        "gain": f"{'+' if quality.value > 0 else ''}{shown} over {over}",
        "share": f"{shown} of the possible gain over {over}",
    }[grading.measure]
    if quality.n_datasets > 1:
        found += f", mean over {quality.n_datasets} datasets"
    higher = grading.falls(bool(primary.higher_is_better))
    return Rule(name, letter(quality.value, grading.thresholds, higher), found, quality.value, grading.thresholds, higher)


def _speed(datasets: Sequence[CountedRow], by: Rules) -> Iterator[Rule]:
    """The mean speed over the datasets; a contended one is not graded: it is not the model's own."""
    for name, attribute, steps in (
        ("speed (real-time factor)", "real_time_factor", by.real_time_factor),
        ("speed (median s a call)", "latency_p50_s", by.latency_s),
    ):
        speeds = [one.row.speed for one in datasets if getattr(one.row.speed, attribute) is not None]
        if own := [getattr(speed, attribute) for speed in speeds if not speed.contended]:
            yield _number(name, sum(own) / len(own), steps.thresholds)
        elif speeds:
            measured = getattr(speeds[0], attribute)
            yield Rule(name, None, f"{measured:.3g}; not graded: {CONTENDED}, time it again with: model-lab time")
        if speeds:
            return


def _covers(card: ModelCard) -> Permitted:
    """The strictest filter that its licence passes; an unstated licence passes none."""
    if card.licence.allows("permissive"):
        return "permissive"
    return "commercial" if card.licence.commercial and not card.licence.unclear else "any"


def _number(name: str, value: float, thresholds: Thresholds) -> Rule:
    return Rule(name, letter(value, thresholds, False), f"{value:.3g}", value, thresholds)


def _sensitive_to(applied: Sequence[Rule], overall: Letter) -> Iterator[str]:
    """The thresholds that, moved by a tenth, would change the grade."""
    for place, rule in enumerate(applied):
        if rule.thresholds is None or rule.value is None:
            continue
        others = list(_letters(other for number, other in enumerate(applied) if number != place))
        for number, threshold in enumerate(rule.thresholds):
            for factor in (1 - MOVED, 1 + MOVED):
                moved = (*rule.thresholds[:number], threshold * factor, *rule.thresholds[number + 1 :])
                changed = lowest_letter([*others, letter(rule.value, moved, rule.higher_is_better)])
                if changed != overall:
                    yield f"{rule.name} {LETTERS[number]} at {threshold * factor:g} instead of {threshold:g}: {changed}"

"""Whether the ranks and grades of a run hold on other data, from the scores on both.

The agreement of ranks is Kendall's tau-b (Kendall 1945) between the models' values on the run's data and on the other data, with a
95 % interval: clusters of both data sets are drawn independently, the same ones for every model, and tau-b is computed on every draw.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from model_lab import units
from model_lab.analysis.grades import LETTERS, Letter
from model_lab.analysis.schema import DatasetTable, MetricColumn
from model_lab.analysis.table_cells import Shown
from model_lab.metrics._base import Metric
from model_lab.metrics.statistics import Interval, Values, interval, resampled
from model_lab.results.schema import Score
from model_lab.results.scoring import SampleComponents

Outcome = Literal["confirmed", "contradicted", "open"]
Holds = Literal["yes", "no", "open"]

SampleScores = Mapping[str, Sequence[SampleComponents]]
"""Model -> its scored samples on one dataset."""


@dataclass(frozen=True)
class CheckedModel:
    """A model with a score on both data sets; ``inside``: whether the new value is in the run's interval, None without one."""

    model: str
    before: Score
    after: Score
    inside: bool | None
    letter_before: Letter | None
    letter_after: Letter | None

    @property
    def letters_apart(self) -> int | None:
        """How many letters the grades differ; None unless both are there."""
        if self.letter_before is None or self.letter_after is None:
            return None
        return abs(LETTERS.index(self.letter_before) - LETTERS.index(self.letter_after))


@dataclass(frozen=True)
class CheckedPair:
    """Two models that differ significantly in the run, and what the other data says of that; ``after`` is better - worse there."""

    better: str
    worse: str
    before: float
    after: float | None
    outcome: Outcome


@dataclass(frozen=True)
class Verification:
    """One dataset of a run against other data, for the models scored on both.

    Attributes:
        run: Name of the run.
        capability: Name of the capability.
        dataset: Dataset of the run.
        other: The other data.
        column: Primary metric.
        models: Models with a score on both.
        pairs: Pairs of them that differ significantly in the run.
        tau: Kendall's tau-b of the values in -1 to 1; None for fewer than two models, or values that are all alike.
        tau_interval: Its 95 % interval.
    """

    run: str
    capability: str
    dataset: str
    other: str
    column: MetricColumn
    models: tuple[CheckedModel, ...]
    pairs: tuple[CheckedPair, ...]
    tau: float | None
    tau_interval: Interval

    def count(self, outcome: Outcome) -> int:
        """The number of pairs with an outcome."""
        return sum(pair.outcome == outcome for pair in self.pairs)

    @property
    def inside(self) -> tuple[int, int]:
        """How many new values are inside the run's intervals, and of how many with one."""
        known = [model.inside for model in self.models if model.inside is not None]
        return sum(known), len(known)

    @property
    def letters(self) -> dict[str, int]:
        """How many grades are the same, one letter off, and further off."""
        apart = [model.letters_apart for model in self.models if model.letters_apart is not None]
        return {"same": apart.count(0), "one off": apart.count(1), "other": sum(number > 1 for number in apart)}

    @property
    def holds(self) -> Holds:
        """Whether the ranks hold: no if a significant difference is reversed or tau is below 0, yes if all are confirmed, else open."""
        if self.count("contradicted") or (self.tau_interval.high is not None and self.tau_interval.high < 0):
            return "no"
        return "yes" if self.pairs and self.count("confirmed") == len(self.pairs) else "open"

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        where = f"on {self.other}"
        if not self.pairs:
            return f"Open: {self.run} has no significant difference between these models on {self.dataset} that {where} could be verified."
        confirmed, total = self.count("confirmed"), len(self.pairs)
        differences = f"{confirmed} of {total} significant differences of {self.run} on {self.dataset} are confirmed {where}"
        if self.holds == "no":
            return f"The ranks do not hold: {differences}, {self.count('contradicted')} reversed."
        if self.holds == "yes":
            return f"The ranks hold: {differences}, none reversed."
        return f"Open: {differences}, none reversed; {total - confirmed} cannot be decided with this much data."

    def lines(self) -> Iterator[str]:
        """The agreement, each measure in a line with its n."""
        low, high = self.tau_interval.low, self.tau_interval.high
        tau = "not defined" if self.tau is None else f"{self.tau:.2f}"
        spread = f" [{low:.2f}, {high:.2f}]" if low is not None and high is not None else ""
        note = f" ({self.tau_interval.note})" if self.tau_interval.note else ""
        yield f"agreement of ranks: Kendall's tau-b {tau}{spread}, {len(self.models)} models{note}"
        yield (
            f"significant differences: {self.count('confirmed')} confirmed, {self.count('contradicted')} contradicted, "
            f"{self.count('open')} open, of {len(self.pairs)}"
        )
        inside, known = self.inside
        yield f"new values inside the run's 95 % intervals: {inside} of {known}"
        letters = self.letters
        graded = sum(letters.values())
        yield f"grades: {', '.join(f'{number} {name}' for name, number in letters.items())}, of {graded}"

    def rows(self) -> Iterator[Shown]:
        """A table row for each model."""
        for model in self.models:
            inside = units.MISSING if model.inside is None else "yes" if model.inside else "no"
            yield {
                "model": model.model,
                f"{self.column.name} on {self.dataset}": self._amount(model.before),
                "n": units.count(model.before.n_scored),
                f"on {self.other}": self._amount(model.after),
                "n there": units.count(model.after.n_scored),
                "inside": inside,
                "grades": f"{model.letter_before or units.MISSING}, {model.letter_after or units.MISSING}",
            }

    def _amount(self, score: Score) -> str:
        return f"{units.amount(score.value, self.column.unit)} {units.interval(score.low, score.high, self.column.unit)}".strip()

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        inside, known = self.inside
        return {
            "run": self.run,
            "capability": self.capability,
            "dataset": self.dataset,
            "on": self.other,
            "metric": self.column.name,
            "verdict": self.verdict,
            "holds": self.holds,
            "tau_b": {"value": self.tau, "low": self.tau_interval.low, "high": self.tau_interval.high, "n": len(self.models)},
            "pairs": [asdict(pair) for pair in self.pairs],
            "inside": {"inside": inside, "n": known},
            "letters": self.letters,
            "models": [
                {
                    "model": model.model,
                    "before": model.before.model_dump(),
                    "after": model.after.model_dump(),
                    "inside": model.inside,
                    "letters": [model.letter_before, model.letter_after],
                }
                for model in self.models
            ],
        }


@dataclass(frozen=True)
class Side:
    """One of the two data sets: its table, the scored samples of each model, and the letters of the grades."""

    table: DatasetTable
    samples: SampleScores
    letters: Mapping[str, Letter | None]

    def score(self, model: str) -> Score | None:
        """The primary score of a model."""
        return next((self.table.score(row) for row in self.table.rows if row.model == model), None)


def verify(run: str, capability: str, metric: Metric, before: Side, after: Side, models: Sequence[str]) -> Verification:
    """Compare the scores of ``models`` on the run's data and on other data."""
    both = [
        (model, old, new)
        for model in models
        if (old := before.score(model)) is not None and (new := after.score(model)) is not None
    ]
    checked = tuple(
        CheckedModel(model, old, new, _inside(old, new), before.letters.get(model), after.letters.get(model))
        for model, old, new in both
    )
    tau, spread = _tau(metric, [model for model, *_ in both], before, after)
    pairs = tuple(_pairs({model for model, *_ in both}, before, after))
    return Verification(
        run, capability, before.table.data.name, after.table.data.name, before.table.primary, checked, pairs, tau, spread
    )


def _inside(old: Score, new: Score) -> bool | None:
    if old.low is None or old.high is None or new.value is None:
        return None
    return old.low <= new.value <= old.high


def _pairs(models: set[str], before: Side, after: Side) -> Iterator[CheckedPair]:
    found = {frozenset((pair.better, pair.worse)): pair for pair in after.table.differences}
    for pair in before.table.differences:
        if not pair.significant or not {pair.better, pair.worse} <= models:
            continue
        there = found.get(frozenset((pair.better, pair.worse)))
        same_way = there is not None and there.better == pair.better
        outcome: Outcome = "open"
        if there is not None and there.significant:
            outcome = "confirmed" if same_way else "contradicted"
        change = None if there is None else there.difference if same_way else -there.difference
        yield CheckedPair(pair.better, pair.worse, pair.difference, change, outcome)


def _tau(metric: Metric, models: Sequence[str], before: Side, after: Side) -> tuple[float | None, Interval]:
    """Kendall's tau-b of the models' values on both data sets, with its interval."""
    if len(models) < 2:
        return None, Interval(None, None, 0, note="at least 2 models are needed")
    old, new = ([side.score(model) for model in models] for side in (before, after))
    tau = kendall([score.value for score in old if score], [score.value for score in new if score])
    drawn = [_drawn(metric, models, side, seed) for seed, side in enumerate((before, after))]
    draws = np.array([kendall(first, second) for first, second in zip(*drawn, strict=True)])
    n_groups = min(score.n_groups for score in (*old, *new) if score)
    return (None if math.isnan(tau) else tau), interval(draws, n_groups)


def _drawn(metric: Metric, models: Sequence[str], side: Side, seed: int) -> Values:
    """The value of every model on every draw of clusters, shape ``(draws, models)``; the draws are the same for every model."""
    columns = []
    for model in models:
        samples = [sample for sample in side.samples[model] if metric.name in sample.components]
        parts = [sample.components[metric.name] for sample in samples]
        columns.append(resampled(metric.value, parts, [sample.group for sample in samples], seed=seed))
    return np.array(columns, np.float64).T


def kendall(first: Sequence[float | None] | Values, second: Sequence[float | None] | Values) -> float:
    """Kendall's tau-b of two lists of values, by which ties count against neither.

    Args:
        first: Values, shape ``(n,)``.
        second: Values of the same systems.

    Returns:
        Tau-b in -1 to 1; NaN if all values of a list are equal, or one is not finite.

    Examples:
        >>> kendall([1, 2, 3, 4], [1, 2, 4, 3])  # 5 pairs agree, 1 does not
        0.6666666666666666
        >>> kendall([1, 1, 2], [1, 2, 3])  # 2 of 3 pairs agree, 1 is tied: 2 / sqrt(2 * 3)
        0.8164965809277261
        >>> kendall([1, 1], [1, 2])
        nan
    """
    orders = [np.sign(np.subtract.outer(values, values)) for values in (np.asarray(first, float), np.asarray(second, float))]
    agreement = float((orders[0] * orders[1]).sum())
    scale = math.sqrt(float((orders[0] ** 2).sum() * (orders[1] ** 2).sum()))
    return agreement / scale if scale > 0 else math.nan

"""Is a model shown to beat doing nothing: an empty answer, a random one, and the unprocessed input where there is one?

A model is shown to beat doing nothing if it is significantly better than each of them that was run (an intersection-union test, Berger
1982, which needs no correction over them), corrected by Holm for the number of models asked about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from model_lab.analysis.comparison import SIGNIFICANT
from model_lab.analysis.pooling import Estimate, mean
from model_lab.analysis.ranking import NOTHING
from model_lab.analysis.schema import DatasetTable, Improvement, ResultRow
from model_lab.capabilities._grading import Grading, Over
from model_lab.metrics.statistics import MIN_GROUPS_TO_COMPARE, holm
from model_lab.results.schema import UNTOUCHED

NOT_SHOWN = "not shown to beat doing nothing"
"""The verdict that stands in place of a letter."""

ROWS: dict[Over, str] = {"null": "baseline_null", "chance": "baseline_random", "untouched": UNTOUCHED}


@dataclass(frozen=True)
class CountedRow:
    """A model's row on one dataset, and how much the dataset counts for it (above 0)."""

    table: DatasetTable
    row: ResultRow
    weight: float


@dataclass(frozen=True)
class AgainstNothing:
    """The test of a model: ``shown`` is None where nothing was run that stands for doing nothing.

    ``difference`` is from the row ``over`` that the model is least clearly better than, in the scale of its grading; ``p`` is corrected for
    the number of models.
    """

    shown: bool | None
    over: str = ""
    difference: Estimate | None = None
    p: float | None = None

    @property
    def found(self) -> str:
        """The test in a clause."""
        if self.shown is None:
            return f"not tested: none of {', '.join(NOTHING)} was compared with it; run: model-lab run baseline_null DATASET"
        if self.p is None:
            return f"no test against {self.over}: fewer than {MIN_GROUPS_TO_COMPARE} clusters in common"
        return f"{'better than' if self.shown else 'not significantly better than'} {self.over} (p {self.p:.2g}, Holm)"


def improvement(table: DatasetTable, model: str, over: str) -> Improvement | None:
    """The comparison of a model with a row that stands for doing nothing."""
    return next((one for one in table.improvements if (one.model, one.over) == (model, over)), None)


def room(table: DatasetTable, grading: Grading, best: float) -> float | None:
    """What a difference in the primary metric is divided by in the scale of ``grading``; None if that is unknown or 0."""
    if grading.measure != "share":
        return 1.0
    found = next((one for one in table.improvements if one.over == ROWS[grading.over]), None)
    return abs(best - found.nothing) or None if found else None


def improved(tested: CountedRow, over: str, grading: Grading, best: float) -> Estimate | None:
    """By how much a model is better than ``over`` on one dataset, in the scale of ``grading``; None if that is unknown."""
    found, scale = improvement(tested.table, tested.row.model, over), room(tested.table, grading, best)
    if found is None or scale is None:
        return None
    return Estimate(found.difference, found.low, found.high, found.n_groups, found.p).scaled(1 / scale)


def tests(models: Mapping[str, Sequence[CountedRow]], grading: Grading, best: float) -> dict[str, AgainstNothing]:
    """The test of every model, over its datasets together."""
    found = {model: _against_all(datasets, grading, best) for model, datasets in models.items()}
    tested = {model: one.p for model, one in found.items() if one.p is not None}
    corrected = dict(zip(tested, holm(list(tested.values())), strict=True))
    return {
        model: replace(one, p=corrected[model], shown=bool(one.shown) and corrected[model] < SIGNIFICANT)
        if model in corrected
        else one
        for model, one in found.items()
    }


def _against_all(datasets: Sequence[CountedRow], grading: Grading, best: float) -> AgainstNothing:
    """Not corrected yet: the comparison in which the model is least clearly better."""
    comparisons: list[AgainstNothing] = []
    for over in NOTHING:
        estimates = [(one, tested.weight) for tested in datasets if (one := improved(tested, over, grading, best)) is not None]
        if estimates:
            pooled = mean(estimates)
            comparisons.append(AgainstNothing(pooled.p is not None and pooled.value > 0, over, pooled, pooled.p))
    if not comparisons:
        return AgainstNothing(None)
    return max(comparisons, key=lambda one: (not one.shown, one.p is None, one.p or 0.0))

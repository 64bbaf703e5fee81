"""Two models over several datasets: the weighted mean of their paired differences, and the datasets on which one is worse.

Differences are taken in the scale in which the capability is graded (`Grading`): the metric's own unit, or the share of what was
possible on each dataset, so that hard and easy data can be averaged. The p value of a mean over several datasets is corrected by Holm for
all pairs of the models compared; that of a single dataset is already corrected for all pairs of its table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from model_lab.analysis.comparison import SIGNIFICANT
from model_lab.analysis.doing_nothing import CountedRow, room
from model_lab.analysis.pooling import Estimate, mean
from model_lab.analysis.schema import DatasetTable, PairwiseDifference
from model_lab.capabilities._grading import Grading
from model_lab.metrics.statistics import holm


@dataclass(frozen=True)
class PooledPair:
    """``better`` is better by ``difference`` over the datasets that both were compared on; ``ahead``, ``behind``: those on which it is
    significantly better and worse."""

    better: str
    worse: str
    difference: Estimate
    significant: bool
    p: float | None
    ahead: tuple[str, ...]
    behind: tuple[str, ...]

    def beats(self, better: str, worse: str) -> bool:
        """Whether ``better`` is significantly better than ``worse`` over all datasets."""
        return self.significant and (self.better, self.worse) == (better, worse)

    def beats_on(self, better: str, worse: str) -> tuple[str, ...]:
        """The datasets on which ``better`` is significantly better than ``worse``."""
        if (self.better, self.worse) == (better, worse):
            return self.ahead
        return self.behind if (self.worse, self.better) == (better, worse) else ()


Differences = Mapping[str, Mapping[tuple[str, str], PairwiseDifference]]
"""Dataset -> (better, worse) -> difference."""


def indexed(tables: Iterable[DatasetTable]) -> Differences:
    """The pairwise differences of tables by dataset and pair."""
    return {table.data.name: {(pair.better, pair.worse): pair for pair in table.differences} for table in tables}


def pooled_pairs(
    models: Mapping[str, Sequence[CountedRow]], differences: Differences, grading: Grading, best: float
) -> dict[frozenset[str], PooledPair]:
    """Every pair of models that were compared on a dataset that counts for both."""
    found = {
        frozenset((first, second)): pair
        for first, second in combinations(sorted(models), 2)
        if (pair := _pair(first, models[first], second, models[second], differences, grading, best))
    }
    several = {key: pair.p for key, pair in found.items() if pair.p is not None and pair.difference.n_datasets > 1}
    corrected = dict(zip(several, holm([p for p in several.values() if p is not None]), strict=True))
    return {
        key: PooledPair(pair.better, pair.worse, pair.difference, p is not None and p < SIGNIFICANT, p, pair.ahead, pair.behind)
        for key, pair in found.items()
        for p in (corrected.get(key, pair.p),)
    }


def _pair(
    first: str,
    ours: Sequence[CountedRow],
    second: str,
    theirs: Sequence[CountedRow],
    differences: Differences,
    grading: Grading,
    best: float,
) -> PooledPair | None:
    """Not corrected yet for several datasets."""
    shared = list(_shared(first, ours, second, theirs, differences, grading, best))
    if not shared:
        return None
    pooled = mean([(estimate, weight) for _, estimate, weight in shared])
    names = (_won(shared, 1), _won(shared, -1))
    if pooled.value < 0:
        return PooledPair(second, first, pooled.scaled(-1), False, pooled.p, *reversed(names))
    return PooledPair(first, second, pooled, False, pooled.p, *names)


def _won(shared: Collection[tuple[str, Estimate, float]], sign: int) -> tuple[str, ...]:
    return tuple(
        name for name, estimate, _ in shared if estimate.p is not None and estimate.p < SIGNIFICANT and estimate.value * sign > 0
    )


def _shared(
    first: str,
    ours: Sequence[CountedRow],
    second: str,
    theirs: Sequence[CountedRow],
    differences: Differences,
    grading: Grading,
    best: float,
) -> Iterator[tuple[str, Estimate, float]]:
    """(dataset, by how much the first is better, weight) of the datasets on which both were compared."""
    others = {one.table.data.name: one for one in theirs}
    for one in ours:
        name = one.table.data.name
        other, scale = others.get(name), room(one.table, grading, best)
        if other is None or scale is None:
            continue
        for order, sign in (((first, second), 1), ((second, first), -1)):
            if pair := differences.get(name, {}).get(order):
                upward = sign if one.table.primary.higher_is_better else -sign
                n_groups = min((score.n_groups for row in (one.row, other.row) if (score := one.table.score(row))), default=0)
                estimate = Estimate(pair.difference, pair.low, pair.high, n_groups, pair.p)
                yield name, estimate.scaled(upward / scale), min(one.weight, other.weight)
                break

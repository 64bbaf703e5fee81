"""The ranking of the models on one dataset: `analysis.comparison` in the schema of a report."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from model_lab.analysis.adaptive_comparison import compare_looks
from model_lab.analysis.comparison import Comparison, Pair, compare
from model_lab.analysis.disagreement import Disagreement, disagreement, sample_values
from model_lab.analysis.schema import Improvement, PairwiseDifference
from model_lab.errors import ModelLabError
from model_lab.metrics._base import Metric
from model_lab.metrics.statistics import rank_groups
from model_lab.results.schema import UNTOUCHED
from model_lab.results.store import ResultCell

NOTHING = ("baseline_null", "baseline_random", UNTOUCHED)
"""The rows that stand for doing nothing."""


@dataclass(frozen=True)
class DatasetRanking:
    """Ranks by model, the reasons why others have none, and the pairwise differences; ``problem`` if nothing could be compared.

    ``note``: how p values were made, of an adaptive run.
    """

    ranks: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    differences: tuple[PairwiseDifference, ...] = ()
    improvements: tuple[Improvement, ...] = ()
    problem: str = ""
    note: str = ""


def rank(cells: Mapping[str, ResultCell], metric: Metric, unranked: Mapping[str, str] = {}) -> DatasetRanking:
    """Compare the scored ``cells`` by ``metric``.

    A rank is 1 + the number of models in better groups (competition ranking: 1, 1, 3). ``unranked``: model -> why it is compared and
    has no rank.
    """
    try:
        comparison = compare_looks(cells, metric) or compare(cells, metric)
    except ModelLabError as error:
        return DatasetRanking(problem=str(error))
    except Exception as error:  # a failing metric, perhaps of an extension, must not break the report
        return DatasetRanking(problem=f"{metric.name} cannot be compared ({type(error).__name__}: {error})")
    values = {model: sample_values(cell, metric) for model, cell in cells.items()}
    return DatasetRanking(
        ranks=competition_ranks(comparison, unranked),
        notes={place.system: place.note for place in comparison.standings if place.note} | dict(unranked),
        differences=tuple(
            _difference(pair, disagreement(values[pair.better], values[pair.worse], metric.higher_is_better))
            for pair in comparison.pairs
        ),
        improvements=tuple(_improvements(comparison, metric)),
        note=comparison.note,
    )


def competition_ranks(comparison: Comparison, unranked: Collection[str] = ()) -> dict[str, int]:
    """Compared system -> 1 + the number of systems in better groups (1, 1, 3)."""
    different = {(pair.better, pair.worse) for pair in comparison.pairs if pair.significant}
    order = [place.system for place in comparison.standings if place.rank is not None and place.system not in unranked]
    groups = dict(zip(order, rank_groups(order, lambda leader, system: (leader, system) in different), strict=True))
    return {model: 1 + sum(other < group for other in groups.values()) for model, group in groups.items()}


def _improvements(comparison: Comparison, metric: Metric) -> Iterator[Improvement]:
    values = {place.system: place.value for place in comparison.standings}
    for pair in comparison.pairs:
        for model, over in ((pair.better, pair.worse), (pair.worse, pair.better)):
            if over not in NOTHING or model in NOTHING:
                continue
            sign, measured = 1 if model == pair.better else -1, pair.measured
            # measured is the better minus the worse value: negative for errors, and then an improvement of the better one
            sign = sign if metric.higher_is_better else -sign
            ends = (measured.low, measured.high) if sign > 0 else (measured.high, measured.low)
            low, high = (None if end is None else sign * end for end in ends)
            nothing = values[over]
            assert nothing is not None
            yield Improvement(
                model=model,
                over=over,
                nothing=nothing,
                difference=sign * measured.difference,
                low=low,
                high=high,
                p=measured.p,
                n_groups=measured.n_groups,
            )


def _difference(pair: Pair, each: Disagreement) -> PairwiseDifference:
    return PairwiseDifference(
        better=pair.better,
        worse=pair.worse,
        difference=pair.measured.difference,
        low=pair.measured.low,
        high=pair.measured.high,
        p=pair.p,
        n_common=pair.n_common,
        significant=pair.significant,
        note=pair.measured.note,
        detectable=pair.measured.detectable,
        wins=each.wins,
        ties=each.ties,
        losses=each.losses,
        furthest=each.worst,
    )

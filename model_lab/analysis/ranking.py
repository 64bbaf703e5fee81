"""The ranking of the models on one dataset: `analysis.comparison` in the schema of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from model_lab.analysis.adaptive_comparison import compare_looks
from model_lab.analysis.comparison import Pair, compare
from model_lab.analysis.disagreement import Disagreement, disagreement, sample_values
from model_lab.analysis.schema import PairwiseDifference
from model_lab.errors import ModelLabError
from model_lab.metrics._base import Metric
from model_lab.results.store import ResultCell


@dataclass(frozen=True)
class DatasetRanking:
    """Ranks by model, the reasons why others have none, and the pairwise differences; ``problem`` if nothing could be compared.

    ``note``: how p values were made, of an adaptive run.
    """

    ranks: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    differences: tuple[PairwiseDifference, ...] = ()
    problem: str = ""
    note: str = ""


def rank(cells: Mapping[str, ResultCell], metric: Metric) -> DatasetRanking:
    """Compare the scored ``cells`` by ``metric``.

    A rank is 1 + the number of models in better groups (competition ranking: 1, 1, 3).
    """
    try:
        comparison = compare_looks(cells, metric) or compare(cells, metric)
    except ModelLabError as error:
        return DatasetRanking(problem=str(error))
    except Exception as error:  # a failing metric, perhaps of an extension, must not break the report
        return DatasetRanking(problem=f"{metric.name} cannot be compared ({type(error).__name__}: {error})")
    values = {model: sample_values(cell, metric) for model, cell in cells.items()}
    groups = {place.system: place.rank for place in comparison.standings if place.rank is not None}
    return DatasetRanking(
        ranks={model: 1 + sum(other < group for other in groups.values()) for model, group in groups.items()},
        notes={place.system: place.note for place in comparison.standings if place.note},
        differences=tuple(
            _difference(pair, disagreement(values[pair.better], values[pair.worse], metric.higher_is_better))
            for pair in comparison.pairs
        ),
        note=comparison.note,
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

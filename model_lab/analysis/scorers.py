"""How the ranks on a dataset depend on the scorer: the primary metric beside the scorers that `model-lab rescore` has computed."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from model_lab import datasets, units
from model_lab.analysis.comparison import Scored, compare
from model_lab.analysis.links import to_model
from model_lab.analysis.ranking import competition_ranks
from model_lab.analysis.schema import MetricColumn, ScorerRanking, ScorerStanding
from model_lab.analysis.table_cells import Shown, Value
from model_lab.capabilities import capability
from model_lab.metrics._base import Metric
from model_lab.results import rescoring
from model_lab.results.rescoring import ScorerResult
from model_lab.results.schema import Score
from model_lab.results.store import ResultCell


@dataclass(frozen=True)
class ScorerTable:
    """One dataset: the primary metric, and the other scorers."""

    capability: str
    place: str
    rankings: tuple[ScorerRanking, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        scorers = [ranking.model_dump(mode="json") for ranking in self.rankings]
        return {"capability": self.capability, "dataset": self.place, "scorers": scorers}


def tables(cells: Iterable[ResultCell], left_out: Collection[str] = (), names: Collection[str] = ()) -> list[ScorerTable]:
    """The rankings on every dataset of ``cells`` (and condition) that other scorers were computed on.

    Args:
        cells: Cells of one run.
        left_out: Models that are not ranked, as oracles.
        names: Names of scorers; empty: all.
    """
    places: dict[tuple[str, str], dict[str, ResultCell]] = {}
    for cell in cells:
        spec = cell.spec()
        if spec.model not in left_out:
            places.setdefault((spec.capability, spec.place), {})[spec.model] = cell
    made = [ScorerTable(*place, rankings(of_place, _primary(of_place), names)) for place, of_place in sorted(places.items())]
    return [table for table in made if table.rankings]


def _primary(cells: Mapping[str, ResultCell]) -> Metric:
    spec = next(iter(cells.values())).spec()
    return datasets.ranking(capability(spec.capability), spec.dataset).primary


def rankings(cells: Mapping[str, ResultCell], primary: Metric, names: Collection[str] = ()) -> tuple[ScorerRanking, ...]:
    """The models (name -> cell) of one dataset by the primary metric, and by each scorer that any of them has a value by; or nothing.

    Raises `StoreError` if the cells belong to different data.
    """
    if not cells:
        return ()
    asked = capability(next(iter(cells.values())).spec().capability)
    results = {model: rescoring.stored(cell) for model, cell in cells.items()} if asked.scorers else {}
    present = [
        metric
        for metric in asked.scorers
        if (not names or metric.name in names)
        and any(metric.name in of_model and of_model[metric.name].score.value is not None for of_model in results.values())
    ]
    if not present:
        return ()
    scored = {model: Scored.of(cell) for model, cell in cells.items()}
    first = _ranking(primary, scored)
    others = (_ranking(metric, {model: _by(metric, scored[model], results[model]) for model in scored}) for metric in present)
    return (first, *(_beside(first, other) for other in others))


def _by(metric: Metric, scored: Scored, results: Mapping[str, ScorerResult]) -> Scored:
    """What a comparison reads of a model, by another scorer; without a score if there is none."""
    result = results.get(metric.name)
    if scored.outcome is None or result is None:
        return replace(scored, outcome=None, samples=())
    return replace(scored, outcome=scored.outcome.model_copy(update={"scores": (result.score,)}), samples=result.samples)


def _ranking(metric: Metric, scored: Mapping[str, Scored]) -> ScorerRanking:
    comparison = compare(scored, metric)
    ranks = competition_ranks(comparison)
    notes = {place.system: place.note for place in comparison.standings}
    scores = {model: score for model in scored if (score := _score(metric, scored[model]))}
    standings = [
        ScorerStanding(model=place.system, score=scores[place.system], rank=ranks.get(place.system), note=notes[place.system])
        for place in comparison.standings
        if place.system in scores
    ]
    return ScorerRanking(column=MetricColumn.of(metric), n_common=comparison.n_common, standings=tuple(standings))


def _score(metric: Metric, scored: Scored) -> Score | None:
    return next((score for score in scored.outcome.scores if score.metric == metric.name), None) if scored.outcome else None


def _beside(first: ScorerRanking, other: ScorerRanking) -> ScorerRanking:
    """``other`` with what has changed against ``first``."""
    before = {place.model: place.rank for place in first.standings if place.rank is not None}

    def compared(place: ScorerStanding) -> ScorerStanding:
        moved = before[place.model] - place.rank if place.rank is not None and place.model in before else None
        return place.model_copy(update={"moved": moved})

    return other.model_copy(update={"standings": tuple(map(compared, other.standings)), "tau": _tau(first, other)})


def _tau(first: ScorerRanking, other: ScorerRanking) -> float | None:
    """Kendall's tau-b of the values of the models that both rank, better ones first in both.

    Values and not ranks: where no difference is significant all ranks are equal, and tau is not defined.
    """
    from scipy.stats import kendalltau

    one, two = _goodness(first), _goodness(other)
    both = [model for model in one if model in two]
    if len(both) < 2:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # equal values have no tau
        tau = float(kendalltau([one[model] for model in both], [two[model] for model in both]).statistic)
    return tau if tau == tau else None


def _goodness(ranking: ScorerRanking) -> dict[str, float]:
    """Ranked model -> its value, negative where lower is better."""
    sign = 1.0 if ranking.column.higher_is_better else -1.0
    ranked = (place for place in ranking.standings if place.rank is not None and place.score.value is not None)
    return {place.model: sign * (place.score.value or 0.0) for place in ranked}


def lines(table: ScorerTable) -> list[Shown]:
    """A row per scorer and model."""
    return [
        {
            "dataset": table.place,
            "scorer": ranking.column.name,
            "model": place.model,
            "value": Value(units.amount(place.score.value, ranking.column.unit), place.score.value),
            "95 %": units.interval(place.score.low, place.score.high, ranking.column.unit),
            "n": Value(units.count(place.score.n_scored), place.score.n_scored),
            "rank": Value(units.count(place.rank), place.rank),
            "moved": Value(moved(place), place.moved),
            "tau": Value(units.MISSING if ranking.tau is None else f"{ranking.tau:.2f}", ranking.tau),
            "note": place.note or place.score.note,
        }
        for ranking in table.rankings
        for place in ranking.standings
    ]


def by_model(rankings: Sequence[ScorerRanking]) -> list[Shown]:
    """A row per model, a column per scorer: its value with interval and rank."""
    places = [{place.model: place for place in ranking.standings} for ranking in rankings]
    models = dict.fromkeys(model for of_scorer in places for model in of_scorer)
    headings = [f"{ranking.column.name} {units.arrow(ranking.column.higher_is_better)}" for ranking in rankings]
    return [
        {
            "model": to_model(model),
            **{
                heading: _cell(ranking.column, of_scorer.get(model))
                for heading, ranking, of_scorer in zip(headings, rankings, places, strict=True)
            },
        }
        for model in models
    ]


def _cell(column: MetricColumn, place: ScorerStanding | None) -> Value:
    if place is None or place.score.value is None:
        return Value(units.MISSING)
    rank = f"rank {place.rank}" + (f" ({moved(place)})" if place.moved else "") if place.rank is not None else ""
    value = units.amount(place.score.value, column.unit)
    interval = units.interval(place.score.low, place.score.high, column.unit)
    return Value(" ".join(filter(None, [value, interval, rank])), place.score.value)


def moved(place: ScorerStanding) -> str:
    """The change of rank: "+1" is one place better than by the primary metric."""
    return "" if place.moved is None else f"{place.moved:+d}" if place.moved else "0"


def sentences(rankings: Sequence[ScorerRanking]) -> list[str]:
    """What has changed under each scorer, in a sentence."""
    first, *others = rankings
    return [_sentence(first.column, other) for other in others]


def _sentence(first: MetricColumn, other: ScorerRanking) -> str:
    agreement = "" if other.tau is None else f", Kendall's tau with {first.name} {other.tau:.2f}"
    changes = [f"{place.model} {moved(place)}" for place in other.standings if place.moved]
    ranks = f"ranks change: {', '.join(changes)}" if changes else "no rank changes"
    return f"{other.column.name}: {ranks}{agreement} (n {other.n_common})."

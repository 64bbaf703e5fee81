"""The leaderboard of a benchmark from a run: models by datasets, their mean, and published numbers of the same weights beside it.

A mean gives every dataset the same weight. Its interval comes from the bootstrap of every dataset (`metrics.statistics`): clusters are
drawn within each dataset, with other draws for each, and the values of a draw are averaged. Ranks are of pairwise differences of these
means on the samples that all ranked models were scored on, corrected by Holm's method, as in the table of a single dataset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np

from model_lab.analysis.comparison import SIGNIFICANT
from model_lab.analysis.published import PublishedNumber, agreement, published_mean
from model_lab.analysis.schema import Leaderboard, LeaderboardCell, LeaderboardRow, MetricColumn, ResultRow, Scorecard
from model_lab.capabilities import capability
from model_lab.metrics._base import Components, Metric, pool
from model_lab.metrics.statistics import (
    Interval,
    Values,
    difference,
    holm,
    interval,
    mean_of,
    over_runs,
    rank_groups,
    resampled,
)
from model_lab.results.schema import Score
from model_lab.results.scoring import SampleComponents, components
from model_lab.results.store import ResultCell
from model_lab.schemas import Strict

Samples = Mapping[str, SampleComponents]
"""The scored samples of a model on one dataset, by their id."""


class Request(Strict):
    """The leaderboard that a run's manifest asks for (`runs.sprint.leaderboard`)."""

    capability: str
    datasets: tuple[str, ...]
    metric: str
    average: Literal["macro"] = "macro"


@dataclass(frozen=True)
class _Contender:
    """A model with its scores by dataset, and where its samples are."""

    row: ResultRow
    scores: Mapping[str, Score]
    cells: Mapping[str, ResultCell]
    metric: Metric

    @cached_property
    def runs(self) -> dict[str, tuple[Samples, ...]]:
        """By dataset: the run and its repeats with other seeds."""
        return {
            dataset: tuple(self._lines(run) for run in (cell, *(cell.repeats() if self.scores[dataset].run_values else ())))
            for dataset, cell in self.cells.items()
        }

    @cached_property
    def samples(self) -> dict[str, Samples]:
        """By dataset: those of the first run that were scored in all."""
        return {
            dataset: {name: line for name, line in runs[0].items() if all(name in run for run in runs)}
            for dataset, runs in self.runs.items()
        }

    def _lines(self, cell: ResultCell) -> Samples:
        name = self.metric.name
        return {
            line.sample_id: line
            for line in components(cell)
            if name in line.components and self.metric.counts(line.components[name])
        }

    @property
    def mean(self) -> float:
        """Over its datasets."""
        return float(np.mean([score.value for score in self.scores.values() if score.value is not None]))

    @property
    def current(self) -> bool:
        """Whether its samples were counted by the metric as it is now."""
        return all(score.version == self.metric.version for score in self.scores.values())

    def draws(self, kept: Mapping[str, Iterable[str]]) -> tuple[list[Values], list[int]]:
        """The metric on every bootstrap draw of the samples ``kept`` of each dataset, and the number of clusters of each."""
        drawn, sizes = [], []
        for seed, (dataset, ids) in enumerate(kept.items()):
            groups = [self.samples[dataset][sample].group for sample in ids]
            parts = [self._parts(run, ids) for run in self.runs[dataset]]
            runs = [resampled(self.metric.value, of_run, groups, seed=seed) for of_run in parts]
            sizes.append(len(set(groups)))
            values = [self.metric.value(pool(of_run)) for of_run in parts]
            drawn.append(over_runs(runs, values, sizes[-1], seed) if len(runs) > 1 and sizes[-1] > 1 else runs[0])
        return drawn, sizes

    def value(self, kept: Mapping[str, Iterable[str]]) -> float:
        """The mean on the samples ``kept`` of each dataset."""
        values = [[self.metric.value(pool(self._parts(run, ids))) for run in self.runs[dataset]] for dataset, ids in kept.items()]
        return float(np.mean([np.mean(of_runs) for of_runs in values]))

    def _parts(self, run: Samples, ids: Iterable[str]) -> list[Components]:
        return [run[sample].components[self.metric.name] for sample in ids]


def leaderboard(
    request: Request, card: Scorecard, cell_of: Callable[[str, str], ResultCell], facts: Iterable[PublishedNumber]
) -> Leaderboard | None:
    """The leaderboard of a run.

    Args:
        request: What the sprint asks for.
        card: The scorecard of its capability.
        cell_of: The cell of a model and a dataset.
        facts: Published numbers.

    Returns:
        The table; None if the run has no score by its metric.
    """
    column = next((column for table in card.tables for column in table.columns if column.name == request.metric), None)
    contenders = _contenders(request, card, cell_of) if column else []
    if not column or not contenders:
        return None
    comparable = [fact for fact in facts if fact.table.ours == column.name and fact.table.scorer_id == column.scorer]
    whole = [each for each in contenders if len(each.scores) == len(request.datasets)]
    ranks = _ranks([each for each in whole if each.row.kind != "oracle"])
    rows = [_row(each, request, comparable, ranks.get(each.row.model), each in whole) for each in contenders]
    return Leaderboard(
        capability=request.capability,
        metric=column,
        average=request.average,
        datasets=request.datasets,
        rows=tuple(sorted(rows, key=lambda row: _order(row, column))),
        notes=tuple(_notes(request, card, contenders, rows, comparable)),
    )


def _contenders(request: Request, card: Scorecard, cell_of: Callable[[str, str], ResultCell]) -> list[_Contender]:
    """The models with a score on at least one of the datasets."""
    metric = capability(request.capability).metric(request.metric)
    tables = {table.data.name: table for table in card.tables}
    rows = {dataset: {row.model: row for row in tables[dataset].rows} for dataset in request.datasets if dataset in tables}
    contenders = []
    for model in dict.fromkeys(model for of_dataset in rows.values() for model in of_dataset):
        of_model = {dataset: of_dataset[model] for dataset, of_dataset in rows.items() if model in of_dataset}
        scores = {
            dataset: score
            for dataset, row in of_model.items()
            if (score := row.scores.get(metric.name)) and score.value is not None
        }
        if scores:
            cells = {dataset: cell_of(model, dataset) for dataset in scores}
            contenders.append(_Contender(next(iter(of_model.values())), scores, cells, metric))
    return contenders


def _row(
    contender: _Contender, request: Request, facts: Sequence[PublishedNumber], rank: int | None, whole: bool
) -> LeaderboardRow:
    model = contender.row.model
    same = [fact for fact in facts if model in fact.registered]
    published = {
        dataset: next((fact.in_our_unit for fact in same if dataset in fact.data.ours), None) for dataset in request.datasets
    }
    cells = {
        dataset: LeaderboardCell(
            value=score.value or 0.0, low=score.low, high=score.high, n=score.n_scored, published=published[dataset]
        )
        for dataset, score in contender.scores.items()
    }
    mean = published_mean(facts, model, request.datasets, request.metric)
    ends = _interval(contender) if whole else Interval(None, None, 0)
    return LeaderboardRow(
        model=model,
        kind=contender.row.kind,
        cells=cells,
        mean=contender.mean if whole else None,
        low=ends.low,
        high=ends.high,
        note=ends.note,
        rank=rank,
        published_as=", ".join(dict.fromkeys(fact.model for fact in same if set(fact.data.ours) & set(request.datasets))),
        published_mean=mean,
        verdict=agreement(mean, ends.low, ends.high) if whole and mean is not None else _verdict_by_dataset(cells),
    )


def _verdict_by_dataset(cells: Mapping[str, LeaderboardCell]) -> str:
    """On how many datasets the published values lie in our intervals, where there are no two means to hold against each other."""
    verdicts = [agreement(cell.published, cell.low, cell.high) for cell in cells.values() if cell.published is not None]
    return f"agrees on {verdicts.count('agrees')} of {len(verdicts)} datasets" if verdicts else ""


def _interval(contender: _Contender) -> Interval:
    """The interval of the mean, extended to hold it if the bootstrap is biased, as intervals of single datasets are."""
    if not contender.current:
        return Interval(None, None, 0, note="no interval: scored by another version of the metric")
    ends = interval(*mean_of(*contender.draws(contender.samples)))
    if ends.low is None or ends.high is None:
        return ends
    return replace(ends, low=min(ends.low, contender.mean), high=max(ends.high, contender.mean))


def _ranks(contenders: Sequence[_Contender]) -> dict[str, int]:
    """The rank of each model that can be compared: 1 + the number of models in better groups."""
    compared = _comparable(contenders)
    if not compared:
        return {}
    kept = {
        dataset: [sample for sample in first if all(sample in each.samples[dataset] for each in compared)]
        for dataset, first in compared[0].samples.items()
    }
    if not all(kept.values()):
        return {}
    values = {each.row.model: each.value(kept) for each in compared}
    draws = {each.row.model: each.draws(kept)[0] for each in compared}
    higher = compared[0].metric.higher_is_better
    order = sorted(values, key=lambda model: (-values[model] if higher else values[model], model))
    sizes = [len({compared[0].samples[dataset][sample].group for sample in ids}) for dataset, ids in kept.items()]
    p = {
        (better, worse): difference(
            values[better] - values[worse],
            *mean_of([one - other for one, other in zip(draws[better], draws[worse], strict=True)], sizes),
        ).p
        for better, worse in combinations(order, 2)
    }
    tested = {pair: value for pair, value in p.items() if value is not None}
    corrected = dict(zip(tested, holm(list(tested.values())), strict=True))
    groups = dict(zip(order, rank_groups(order, lambda *pair: pair in corrected and corrected[pair] < SIGNIFICANT), strict=True))
    return {model: 1 + sum(other < group for other in groups.values()) for model, group in groups.items()}


def _comparable(contenders: Sequence[_Contender]) -> list[_Contender]:
    """Those scored by the present version of the metric, on at least half as many samples as the most complete one on every dataset."""
    current = [each for each in contenders if each.current]
    fullest = {
        dataset: max(len(each.samples[dataset]) for each in current) for dataset in (current[0].samples if current else ())
    }
    return [each for each in current if all(2 * len(each.samples[dataset]) >= most for dataset, most in fullest.items())]


def _order(row: LeaderboardRow, column: MetricColumn) -> tuple[bool, bool, float, int, str]:
    """Models with all datasets first, oracles after them, better means first."""
    mean = row.mean if row.mean is not None else 0.0
    return (row.mean is None, row.kind == "oracle", -mean if column.higher_is_better else mean, -len(row.cells), row.model)


def _notes(
    request: Request,
    card: Scorecard,
    contenders: Sequence[_Contender],
    rows: Sequence[LeaderboardRow],
    facts: Sequence[PublishedNumber],
) -> Iterable[str]:
    sizes = [cell.n for row in rows for cell in row.cells.values()]
    tiers = {row.tier for table in card.tables for row in table.rows if table.data.name in request.datasets}
    if "smoke" in tiers:
        amount = f"{min(sizes)}" if min(sizes) == max(sizes) else f"{min(sizes)} to {max(sizes)}"
        yield f"Smoke tier, {amount} samples a dataset: too few to rank; this is a smoke test, not a ranking claim."
    yield (
        "Means give every dataset the same weight; their intervals are of a bootstrap within every dataset, whose draws are averaged."
    )
    for reason in dict.fromkeys(row.note for row in rows if row.note):
        yield f"Means of {', '.join(sorted(row.model for row in rows if row.note == reason))}: {reason}."
    if partial := [f"{row.model} ({len(row.cells)} of {len(request.datasets)})" for row in rows if row.mean is None]:
        yield f"Without a value on every dataset, and so without a mean and a rank: {', '.join(sorted(partial))}."
    if any(row.published_as for row in rows):
        titles = dict.fromkeys(
            f"{fact.source.title}{f' ({fact.source.date})' if fact.source.date else ''}"
            for fact in facts
            if set(fact.data.ours) & set(request.datasets)
        )
        yield (
            f"Published: {'; '.join(titles)}, of the same weights with the same scorer on the whole sets; the mean is computed again over "
            "the datasets of this table."
        )
    present = {each.row.model for each in contenders}
    absent = {row.model for table in card.tables for row in table.rows if table.data.name in request.datasets} - present
    if absent:
        yield f"Without a score, for the reasons in the tables of the datasets: {', '.join(sorted(absent))}."

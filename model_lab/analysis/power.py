"""How much data a decision would take, from a pilot run: clusters for a difference between two models, and for the width of an interval.

The variance is that of the reports, of the paired cluster bootstrap (`metrics.statistics`). Samples, sound and time are those of as many
of the pilot's clusters.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean, median
from typing import Any

from model_lab import units
from model_lab.analysis.comparison import compare
from model_lab.analysis.table_cells import Shown, Value
from model_lab.capabilities import usable
from model_lab.errors import BadConfig, UnknownName, nearest
from model_lab.metrics._base import Metric
from model_lab.metrics.power import MOST, clusters_for_difference, clusters_for_half_width, upper_spread
from model_lab.metrics.statistics import MIN_GROUPS_TO_COMPARE
from model_lab.registry import model_cards
from model_lab.results.schema import UNTOUCHED
from model_lab.results.store import ResultCell, RunFolder
from model_lab.runs import sprint as sprints

_REFERENCES = ("baseline", "untouched")
"""Kinds of rows that nobody chooses between."""

_MANY = 20
"""With fewer clusters, a note says that the variance is uncertain: its upper limit is a quarter above it, or more."""


@dataclass(frozen=True)
class Question:
    """What is to be found: a ``difference`` (None: the metric's margin), with this power and level, or an interval of this ``half_width``."""

    difference: float | None = None
    half_width: float | None = None
    power: float = 0.8
    alpha: float = 0.05

    def __post_init__(self) -> None:
        for name, value in (("difference", self.difference), ("half-width", self.half_width)):
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise BadConfig(f"--{name} is {value}; expected a number above 0, in the metric's unit (0.01 = one point)")
        for name, value in (("power", self.power), ("alpha", self.alpha)):
            if not 0 < value < 1:
                raise BadConfig(f"--{name} is {value}; expected a number between 0 and 1")


@dataclass(frozen=True)
class DatasetPower:
    """The answer for one dataset.

    Attributes:
        n_groups: Clusters that all compared models were scored on; ``n_samples``, ``sound_s``: their samples, and seconds of sound.
        pairs: Pairs of models of the table, which are corrected for; the numbers below are of the ``n_models`` models that are no baselines.
        clusters: For the median pair; ``at_most``: with the variance's upper limit (confidence .8); ``widest``: for the pair that varies most.
        samples: For ``clusters``; ``sound_s_needed``, ``time_s``: seconds of sound, and for both models to answer them.
        half_width: Median of the models' intervals now; ``half_width_clusters``: for the half-width asked for.
        note: Why numbers are missing or weak.
    """

    capability: str
    dataset: str
    metric: str
    unit: str
    n_groups: int
    n_samples: int
    n_models: int
    pairs: int
    difference: float
    clusters: float | None = None
    at_most: float | None = None
    widest: float | None = None
    samples: float | None = None
    sound_s: float | None = None
    time_s: float | None = None
    half_width: float | None = None
    half_width_clusters: float | None = None
    note: str = ""

    def row(self) -> Shown:
        """As a table row for display."""
        needed = _count(self.clusters)
        if self.at_most is not None and self.at_most != self.clusters:
            needed = f"{needed} (up to {_count(self.at_most)})"
        return {
            "dataset": self.dataset,
            "metric": self.metric,
            "clusters now": Value(units.count(self.n_groups), self.n_groups),
            "± now": units.MISSING if self.half_width is None else units.gap(self.half_width, self.unit),
            "difference": units.gap(self.difference, self.unit),
            "clusters": needed,
            "widest pair": _count(self.widest),
            "samples": _count(self.samples),
            "sound": units.seconds(self.sound_s),
            "time of both": units.seconds(self.time_s),
            "clusters for ±": _count(self.half_width_clusters),
            "note": self.note,
        }

    def data(self) -> dict[str, Any]:
        """As JSON; what no number of clusters reaches is None."""
        return {key: None if isinstance(value, float) and math.isinf(value) else value for key, value in asdict(self).items()}


def power(
    folder: RunFolder, question: Question, capability: str = "", datasets: Collection[str] = (), models: Collection[str] = ()
) -> list[DatasetPower]:
    """Answer a question for every dataset of a run, by the primary metric.

    Args:
        folder: The pilot.
        question: What is to be found.
        capability: Only this one; "" for all.
        datasets: Only these; all if empty.
        models: Only pairs of these; if empty, of all that are neither baselines nor oracles.

    Raises:
        UnknownName: The run has no such dataset or model.
        BadConfig: There is nothing to answer, or a difference or half-width would be of several metrics.
    """
    tables = _tables(folder)
    _require_known("dataset", datasets, {name for _, name in tables}, folder.name)
    _require_known("model", models, {model for cells in tables.values() for model in cells}, folder.name)
    chosen = [
        (name, found.primary, cells)
        for (asked, name), cells in sorted(tables.items())
        if capability in ("", asked)
        and name in (datasets or [name])
        and (not models or len(set(models) & set(cells)) > 1)
        and (found := usable(asked))
    ]
    if not chosen:
        raise BadConfig(f"{folder.name} has no scores for these; see: model-lab report {folder.name}")
    names = {metric.name for _, metric, _ in chosen}
    if len(names) > 1 and (question.difference is not None or question.half_width is not None):
        raise BadConfig(
            f"--difference and --half-width are in one metric's unit, and these datasets have {', '.join(sorted(names))}; add --capability or --dataset"
        )
    return [_of_table(name, metric, cells, question, models) for name, metric, cells in chosen]


def models_of_agent(folder: RunFolder, agent: str) -> list[str]:
    """The models of a lane of the run's sprint that are in the run. Raises `BadConfig` if it is of no sprint, `UnknownName` for a lane."""
    arguments = folder.manifest().get("arguments") or {}
    if not arguments.get("sprint"):
        raise BadConfig(f"{folder.name} is not of a sprint, so it has no agents; name models with --model")
    lanes = sprints.lanes(sprints.config(str(arguments["sprint"])))
    if agent not in lanes:
        raise UnknownName(
            f"sprint {arguments['sprint']} has no agent {agent!r}{nearest(agent, lanes)}; it has: {', '.join(lanes)}"
        )
    return [name for name in folder.models() if name.partition("@")[0] in lanes[agent] or name in lanes[agent]]


def _require_known(what: str, named: Iterable[str], known: Collection[str], run: str) -> None:
    for name in named:
        if name not in known:
            raise UnknownName(f"{run} has no {what} {name!r}{nearest(name, known)}; it has: {', '.join(sorted(known))}")


def _tables(folder: RunFolder) -> dict[tuple[str, str], dict[str, ResultCell]]:
    """Capability and dataset -> name of the model -> its cell, without perturbations and oracles."""
    tables: dict[tuple[str, str], dict[str, ResultCell]] = {}
    for cell in folder.cells():
        spec = cell.spec()
        if not spec.perturbation and _kind(spec.model) != "oracle":
            tables.setdefault((spec.capability, spec.dataset), {})[spec.model] = cell
    return tables


def _kind(model: str) -> str:
    """The kind of a model; "untouched" for the untouched input, and "unknown" for one that is not registered."""
    if model == UNTOUCHED:
        return "untouched"
    card = model_cards.usable(model.partition("@")[0])
    return card.kind if card else "unknown"


def _of_table(
    dataset: str, metric: Metric, cells: Mapping[str, ResultCell], question: Question, models: Collection[str]
) -> DatasetPower:
    difference = question.difference or metric.margin
    if difference is None:
        raise BadConfig(f"{metric.name} states no difference that matters; add --difference")
    comparison = compare(cells, metric)
    compared = [standing.system for standing in comparison.standings if standing.rank is not None]
    contenders = {
        name: cells[name] for name in compared if name in (models or [name]) and (models or _kind(name) not in _REFERENCES)
    }
    found = DatasetPower(
        capability=next(iter(cells.values())).spec().capability,
        dataset=dataset,
        metric=metric.name,
        unit=metric.unit,
        n_groups=comparison.n_groups,
        n_samples=comparison.n_common,
        n_models=len(contenders),
        pairs=max(1, len(comparison.pairs)),
        difference=difference,
    )
    errors = [
        pair.measured.error
        for pair in comparison.pairs
        if pair.measured.error is not None and pair.better in contenders and pair.worse in contenders
    ]
    return replace(found, **_half_widths(contenders, metric, question), **_for_difference(found, errors, contenders, question))


def _half_widths(cells: Mapping[str, ResultCell], metric: Metric, question: Question) -> dict[str, Any]:
    """The median half-width of the models' intervals, and the clusters for the one that is asked for."""
    outcomes = [outcome for cell in cells.values() if (outcome := cell.outcome())]
    scores = [score for outcome in outcomes for score in outcome.scores if score.metric == metric.name]
    widths = [
        ((score.high - score.low) / 2, score.n_groups) for score in scores if score.low is not None and score.high is not None
    ]
    if not widths:
        return {}
    now = {"half_width": median(width for width, _ in widths)}
    if question.half_width is None:
        return now
    wanted = question.half_width
    return now | {"half_width_clusters": median(clusters_for_half_width(wanted, width, n_groups) for width, n_groups in widths)}


def _for_difference(
    found: DatasetPower, errors: Sequence[float], cells: Mapping[str, ResultCell], question: Question
) -> dict[str, Any]:
    """Clusters, samples, sound and time for the difference, or a note why they cannot be told."""
    if found.n_groups < MIN_GROUPS_TO_COMPARE:
        return {
            "note": f"a pilot of {found.n_groups} clusters says nothing about the variance; run it on at least {MIN_GROUPS_TO_COMPARE}"
        }
    if not errors:
        return {"note": f"{found.n_models} model(s) that can be compared: a difference needs two"}

    def clusters(error: float) -> float:
        return clusters_for_difference(found.difference, error, found.n_groups, question.power, question.alpha, found.pairs)

    widest = clusters(max(errors))
    if not median(errors):
        return {"widest": widest, "note": "the median pair of models never differs: this pilot knows no variance"}
    needed = clusters(median(errors))
    samples = needed * found.n_samples / found.n_groups
    sound, answering = _means(cells.values())
    weak = f"{found.n_groups} clusters know their variance badly: plan with the larger number" if found.n_groups < _MANY else ""
    return {
        "clusters": needed,
        "at_most": clusters(median(errors) * upper_spread(found.n_groups)),
        "widest": widest,
        "samples": samples,
        "sound_s": samples * sound or None,
        "time_s": 2 * samples * answering or None,
        "note": weak,
    }


def _means(cells: Iterable[ResultCell]) -> tuple[float, float]:
    """Seconds of sound of a sample, and seconds that a model takes to answer one."""
    durations, latencies = list[float](), list[float]()
    for cell in cells:
        durations += [question.duration for question in cell.questions()]
        latencies += [result.latency_s for result in cell.latest().values() if result.latency_s is not None]
    return fmean(durations or [0.0]), fmean(latencies or [0.0])


def _count(value: float | None) -> str:
    if value is None:
        return units.MISSING
    return units.count(math.ceil(value)) if math.isfinite(value) else f"more than {units.count(MOST)}"

"""Suspect references: samples on which good models agree with each other and not with the reference.

A sample is suspect if two models of different families (`ModelCard.family`), both among the better half of the models on the dataset,
give answers that agree with each other, while each of them differs from the reference. Whether two answers agree is decided by the
capability's own metric with one answer as the reference of the other, whichever of the two is worse, by the thresholds of
`capabilities.Agreement`. Suspicion is no proof: models may share an error. A person listens and decides (`results.marks`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from model_lab.capabilities import Agreement, Capability
from model_lab.metrics._base import Components, Metric, pool
from model_lab.metrics.statistics import LEVEL, bootstrap

Answers = Mapping[str, Any]
"""Model -> its answer to one sample."""


@dataclass(frozen=True)
class Suspect:
    """A suspect reference: the models that agree against it, and how far each of them is from it.

    ``distances`` and ``agreement`` (of the pair that agrees best) are in the unit of the metric.
    """

    sample_id: str
    models: tuple[str, ...]
    distances: tuple[float, ...]
    agreement: float


@dataclass(frozen=True)
class Reproduction:
    """On how many of the samples with a faulty (or suspect) reference a model gives that reference back.

    ``low`` and ``high``: exact binomial interval of 95 % (Clopper and Pearson 1934), on the number of clusters instead of samples.
    """

    model: str
    share: float | None
    low: float | None
    high: float | None
    n: int
    n_groups: int


@dataclass(frozen=True)
class WithoutMarked:
    """A model's score on all samples, and on those whose reference is not marked wrong."""

    model: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    value_without: float | None
    low_without: float | None
    high_without: float | None
    n_without: int


@dataclass(frozen=True)
class HeardSample:
    """A suspect or marked sample as it is listed: the reference and the answers as text, the sounds as paths.

    ``suspicion`` is None for a sample that is marked and not suspect; ``mark`` is "" for one that nobody marked.
    """

    sample_id: str
    suspicion: Suspect | None
    reference: str
    answers: dict[str, str]
    sounds: tuple[str, ...]
    mark: str = ""
    reason: str = ""


@dataclass(frozen=True)
class DatasetAudit:
    """The references of one dataset. ``metric`` compares answers, ``primary`` is the metric of the scores; ``note`` says why nothing could be suspected; ``basis``: the samples of ``reproductions``."""

    capability: str
    dataset: str
    metric: str
    unit: str
    primary: str
    primary_unit: str
    rule: str
    models: tuple[str, ...]
    n_samples: int
    n_suspects: int
    samples: tuple[HeardSample, ...]
    marks_path: str
    marked: dict[str, int] = field(default_factory=dict)
    n_stale: int = 0
    basis: str = ""
    reproductions: tuple[Reproduction, ...] = ()
    without: tuple[WithoutMarked, ...] = ()
    note: str = ""


def better_half(scores: Mapping[str, float], higher_is_better: bool) -> list[str]:
    """The better half of the models, best first: half of them rounded up, and at least two.

    >>> better_half({"a": 0.3, "b": 0.1, "c": 0.2}, False), better_half({"a": 0.3, "b": 0.1}, False)
    (['b', 'c'], ['b', 'a'])
    """
    order = sorted(scores, key=lambda model: (-scores[model] if higher_is_better else scores[model], model))
    return order[: max(2, math.ceil(len(order) / 2))]


class Comparer:
    """Compares answers by a capability's `Agreement`. Raises `ValueError` for a capability that has none."""

    def __init__(self, capability: Capability, agree: float | None = None, differ: float | None = None) -> None:
        if capability.agreement is None:
            raise ValueError(f"{capability.name} has no Agreement")
        self.rule: Agreement = capability.agreement
        self.metric: Metric = capability.metric(self.rule.metric) if self.rule.metric else capability.primary
        self.agree = self.rule.agree if agree is None else agree
        self.differ = self.rule.differ if differ is None else differ

    def same(self, value: float) -> bool:
        """Whether a value means that two answers agree."""
        return value >= self.agree if self.metric.higher_is_better else value <= self.agree

    def other(self, value: float) -> bool:
        """Whether a value means that an answer differs from the reference."""
        return value <= self.differ if self.metric.higher_is_better else value >= self.differ

    def distance(self, reference: Any, answer: Any) -> float:
        """The metric on one sample; NaN where it has no value."""
        try:
            return float(self.metric.score(reference, answer))
        except (ValueError, ZeroDivisionError, IndexError):
            return math.nan

    def between(self, first: Any, second: Any, reference: Any) -> float:
        """The metric between two answers, each once in the place of the reference: the worse of both; NaN where that is not possible."""
        turned = [(self.rule.as_reference(one, reference), other) for one, other in ((first, second), (second, first))]
        values = [math.nan if truth is None else self.distance(truth, other) for truth, other in turned]
        if any(map(math.isnan, values)):
            return math.nan
        return min(values) if self.metric.higher_is_better else max(values)


def suspect(
    sample_id: str, reference: Any, answers: Answers, family_of: Callable[[str], str], comparer: Comparer
) -> Suspect | None:
    """The suspicion about one sample; None if there is none.

    Args:
        sample_id: Id of the sample.
        reference: Its reference.
        answers: Answers of the better half of the models.
        family_of: The family of a model.
        comparer: Compares answers.
    """
    distances = {model: comparer.distance(reference, answer) for model, answer in answers.items()}
    against = [model for model, distance in distances.items() if comparer.other(distance)]
    agreeing = {
        pair: value
        for pair in combinations(against, 2)
        if family_of(pair[0]) != family_of(pair[1])
        and comparer.same(value := comparer.between(answers[pair[0]], answers[pair[1]], reference))
    }
    if not agreeing:
        return None
    models = [model for model in against if any(model in pair for pair in agreeing)]
    best = max(agreeing.values()) if comparer.metric.higher_is_better else min(agreeing.values())
    return Suspect(sample_id, tuple(models), tuple(distances[model] for model in models), best)


def sorted_suspects(suspects: Iterable[Suspect], higher_is_better: bool) -> list[Suspect]:
    """The most suspicious first: more models, then further from the reference."""

    def apart(each: Suspect) -> float:
        return sum(each.distances) / len(each.distances) * (-1 if higher_is_better else 1)

    return sorted(suspects, key=lambda each: (-len(each.models), -apart(each), each.sample_id))


def reproduction(model: str, reproduced: Sequence[bool], groups: Sequence[str]) -> Reproduction:
    """Sum up on how many samples a model gives a faulty reference back.

    >>> found = reproduction("m", [True, False, False, False], ["a", "b", "c", "d"])
    >>> found.share, round(found.low, 4), round(found.high, 4), found.n_groups
    (0.25, 0.0063, 0.8059, 4)
    """
    from scipy.stats import beta

    n_groups = len(set(groups))
    if not reproduced:
        return Reproduction(model, None, None, None, 0, 0)
    share, tail = sum(reproduced) / len(reproduced), (1 - LEVEL) / 2
    count = share * n_groups  # Clopper and Pearson 1934, over clusters
    low = float(beta.ppf(tail, count, n_groups - count + 1)) if count else 0.0
    high = float(beta.ppf(1 - tail, count + 1, n_groups - count)) if count < n_groups else 1.0
    return Reproduction(model, share, low, high, len(reproduced), n_groups)


def without_marked(
    model: str, parts: Mapping[str, Components], groups: Mapping[str, str], wrong: Collection[str], metric: Metric
) -> WithoutMarked:
    """A model's score with and without the samples marked wrong.

    Args:
        model: Name of the model.
        parts: Sample id -> components.
        groups: Sample id -> cluster.
        wrong: Ids of the samples marked wrong.
        metric: The metric.
    """
    counted = [sample for sample, part in parts.items() if metric.counts(part)]
    kept = [sample for sample in counted if sample not in wrong]
    everything, remaining = (_estimate(metric, [parts[s] for s in ids], [groups[s] for s in ids]) for ids in (counted, kept))
    return WithoutMarked(model, *everything, len(counted), *remaining, len(kept))


def _estimate(
    metric: Metric, parts: Sequence[Components], groups: Sequence[str]
) -> tuple[float | None, float | None, float | None]:
    value = float(metric.value(pool(parts))) if parts else math.nan
    if not math.isfinite(value):
        return None, None, None
    ends = bootstrap(metric.value, parts, groups)
    if ends.low is None or ends.high is None:
        return value, None, None
    return value, min(ends.low, value), max(ends.high, value)

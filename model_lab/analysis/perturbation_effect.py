"""The effect of a perturbation on the score of a model: the change and the share retained, on the same samples.

The change is perturbed - clean in the unit of the metric, from a paired cluster bootstrap. The share retained is perturbed / clean,
both on a scale with 0 at the worst result: the score itself where higher is better and the worst is 0; 1 - error, at least 0, for
error ratios (for the word error rate this is the word accuracy). Metrics on other scales (dB, MOS, Hz) have no such zero, and their
ratio would be meaningless, so only the change is reported. Both intervals come from the same bootstrap draws of the shared clusters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from model_lab.errors import StoreError
from model_lab.metrics._base import Components, Metric, pool
from model_lab.metrics.statistics import Difference, Values, difference, resampled
from model_lab.results.scoring import SampleComponents, components
from model_lab.results.store import ResultCell


@dataclass(frozen=True)
class PerturbationEffect:
    """One model on one dataset by one metric, without and with a perturbation, on the ``n_common`` samples scored both ways.

    ``change`` is perturbed - clean; ``retained`` is the share retained with its interval, None where the metric has none. ``lost``:
    number of samples scored without but not with the perturbation. ``clean`` and ``perturbed`` are None, with a note, where nothing can
    be compared.
    """

    clean: float | None
    perturbed: float | None
    change: Difference | None
    retained: float | None
    low: float | None
    high: float | None
    n_common: int
    lost: int
    note: str = ""


class CleanScores:
    """The scores of a model on clean audio, the reference for its scores on perturbed audio."""

    def __init__(self, cell: ResultCell, metric: Metric) -> None:
        self.cell = cell
        self.metric = metric
        self._samples = _counted(cell, metric)
        self._draws: dict[tuple[str, ...], Values] = {}

    def effect(self, perturbed: ResultCell) -> PerturbationEffect:
        """Compare with a scored cell that differs only in the perturbation. Raises `StoreError` if it differs in anything else."""
        _require_one_question(self.cell, perturbed)
        metric, before, after = self.metric, self._samples, _counted(perturbed, self.metric)
        lost = sum(sample not in after for sample in before)
        common = tuple(
            sample
            for sample in before
            if sample in after and any(metric.counts(scored[sample].components[metric.name]) for scored in (before, after))
        )
        if not common:
            return PerturbationEffect(None, None, None, None, None, None, 0, lost, _why_empty(before, perturbed, metric))
        values = [metric.value(pool(_parts(scored, common, metric))) for scored in (before, after)]
        if not all(map(math.isfinite, values)):
            note = f"{metric.name} is {values[0]:g} clean and {values[1]:g} perturbed on the common samples"
            return PerturbationEffect(None, None, None, None, None, None, len(common), lost, note)
        if common not in self._draws:
            self._draws[common] = _drawn(before, common, metric)
        draws = [self._draws[common], _drawn(after, common, metric)]
        n_groups = len({before[sample].group for sample in common})
        change = difference(values[1] - values[0], draws[1] - draws[0], n_groups)
        retained, low, high = _retained(metric, values, draws, n_groups)
        return PerturbationEffect(values[0], values[1], change, retained, low, high, len(common), lost, change.note)


def accuracy_scale(metric: Metric) -> Callable[[Values], Values] | None:
    """The function that maps a metric to a scale with 0 at the worst result; None if the metric has no such scale.

    >>> from model_lab.metrics.text import WER
    >>> scale = accuracy_scale(WER)
    >>> scale(np.array([0.1, 1.2])).tolist() if scale else None
    [0.9, 0.0]
    """
    if metric.higher_is_better and metric.worst == 0:
        return lambda values: values
    if not metric.higher_is_better and metric.best == 0 and metric.unit == "ratio":
        return lambda values: np.maximum(0.0, 1.0 - values)
    return None


def _retained(
    metric: Metric, values: list[float], draws: list[Values], n_groups: int
) -> tuple[float | None, float | None, float | None]:
    scale = accuracy_scale(metric)
    if scale is None:
        return None, None, None
    clean, perturbed = scale(np.array(values))
    if clean == 0:
        return None, None, None
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = scale(draws[1]) / scale(draws[0])
    spread = difference(perturbed / clean, drawn, n_groups)
    return float(perturbed / clean), spread.low, spread.high


def _require_one_question(clean: ResultCell, perturbed: ResultCell) -> None:
    plain = {"perturbation": "", "perturbation_revision": ""}
    first, second = clean.spec(), perturbed.spec()
    if first.perturbation or first != second.model_copy(update=plain):
        raise StoreError(
            f"{perturbed.folder} and {clean.folder} differ in more than the perturbation; run the same command again to evaluate both anew"
        )


def _parts(scored: Mapping[str, SampleComponents], common: Sequence[str], metric: Metric) -> list[Components]:
    return [scored[sample].components[metric.name] for sample in common]


def _drawn(scored: Mapping[str, SampleComponents], common: Sequence[str], metric: Metric) -> Values:
    """The metric on every bootstrap draw of the clusters of ``common``; the same samples get the same draws."""
    return resampled(metric.value, _parts(scored, common, metric), [scored[sample].group for sample in common])


def _counted(cell: ResultCell, metric: Metric) -> dict[str, SampleComponents]:
    return {line.sample_id: line for line in components(cell) if metric.name in line.components}


def _why_empty(before: dict[str, SampleComponents], perturbed: ResultCell, metric: Metric) -> str:
    if not before:
        return f"not scored by {metric.name} without the perturbation"
    outcome = perturbed.outcome()
    if outcome is None:
        return "not scored; run: model-lab score"
    notes = [score.note for score in outcome.scores if score.metric == metric.name]
    return (
        outcome.reason
        or "; ".join(filter(None, notes))
        or f"no sample was scored by {metric.name} with and without the perturbation"
    )

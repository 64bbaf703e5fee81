"""Compares models pair by pair, on every dataset of a run that both were evaluated on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from model_lab import units
from model_lab.analysis.adaptive_comparison import compare_looks
from model_lab.analysis.comparison import Comparison, Pair, chosen_metric, compare
from model_lab.analysis.disagreement import Disagreement, disagreement, sample_values
from model_lab.analysis.table_cells import Shown, Value
from model_lab.capabilities import capability, usable
from model_lab.errors import BadConfig, nearest
from model_lab.metrics._base import Metric
from model_lab.results.schema import RunSpec
from model_lab.results.store import ResultCell, RunFolder


@dataclass(frozen=True)
class ModelPair:
    """Two models on one dataset by one metric; ``pair`` is None where they cannot be compared, with the reason in ``note``."""

    capability: str
    dataset: str
    metric: Metric
    first: str
    second: str
    n_common: int
    pair: Pair | None
    each: Disagreement
    note: str

    def row(self) -> Shown:
        """As a table row for display."""
        unit, measured = self.metric.unit, self.pair.measured if self.pair else None
        detectable = measured.detectable if measured else None
        return {
            "dataset": self.dataset,
            "metric": self.metric.name,
            "pair": f"{self.first} - {self.second}",
            "n": Value(units.count(self.n_common), self.n_common),
            "difference": units.gap(measured.difference, unit) if measured else units.MISSING,
            "95 %": units.interval(measured.low, measured.high, unit) if measured else "",
            "p (Holm)": units.MISSING if self.pair is None or self.pair.p is None else f"{self.pair.p:.3g}",
            "verdict": self._verdict(),
            "detectable": units.MISSING if detectable is None else units.gap(detectable, unit),
            "better/same/worse": f"{self.each.wins}/{self.each.ties}/{self.each.losses}",
            "furthest apart": "; ".join(
                f"{sample.sample_id} ({units.amount(sample.first, unit)} | {units.amount(sample.second, unit)})"
                for sample in self.each.worst
            ),
        }

    def _verdict(self) -> str:
        if self.pair is None:
            return self.note
        return f"{self.first} is better" if self.pair.significant else "no significant difference"


def compare_models(
    folders: Sequence[RunFolder], models: Sequence[str], capability_name: str = "", dataset: str = "", metric: str = ""
) -> list[ModelPair]:
    """Compare each pair of ``models`` in ``folders``, the better one first, with Holm correction over the pairs of a dataset.

    Args:
        folders: Runs. With several, the same model in two runs counts as two systems, called MODEL (RUN), and only results on
            the same revision of a dataset are compared.
        models: Names of models.
        capability_name: Only this capability; "" for all.
        dataset: Only this dataset; "" for all.
        metric: Name of the metric; "" for the primary one of each capability.

    Returns:
        One entry per pair and dataset.

    Raises:
        BadConfig: A model has no answers, the metric is unknown, or no two models share a dataset.
    """
    cells = _cells(folders, models)
    shared = {
        place: systems
        for place, systems in sorted(cells.items())
        if len(systems) > 1
        and capability_name in ("", place[0])
        and dataset in ("", place[1])
        and (capability_name or usable(place[0]))
    }
    if not shared:
        scope = "one dataset" if len(folders) == 1 else "one revision of one dataset"
        raise BadConfig(
            f"no two of {', '.join(models)} were evaluated on {scope} in {_named(folders)}; name models of one capability"
        )
    return [
        pair
        for (question, name, *_), systems in shared.items()
        for pair in _pairs(question, name, systems, chosen_metric(question, name, metric))
    ]


def _named(folders: Iterable[RunFolder]) -> str:
    return " and ".join(folder.name for folder in folders)


def _cells(folders: Sequence[RunFolder], models: Iterable[str]) -> dict[tuple[str, ...], dict[str, ResultCell]]:
    """(capability, dataset and perturbation, their revisions) -> name of the system -> its cell."""
    specs = [(folder, cell.spec(), cell) for folder in folders for cell in folder.first_cells()]
    answered = {spec.model for _, spec, _ in specs}
    for model in models:
        if model not in answered:
            raise BadConfig(
                f"{_named(folders)} has no answers of {model!r}{nearest(model, answered)}; see: model-lab report {folders[0].name}"
            )
    cells: dict[tuple[str, ...], dict[str, ResultCell]] = {}
    for folder, spec, cell in specs:
        if spec.model in models:
            place = (spec.capability, spec.place) if len(folders) == 1 else _place(spec)
            system = spec.model if len(folders) == 1 else f"{spec.model} ({folder.name})"
            cells.setdefault(place, {})[system] = cell
    return cells


def _place(spec: RunSpec) -> tuple[str, ...]:
    return (spec.capability, spec.place, spec.dataset_revision, spec.perturbation_revision)


def _pairs(capability_name: str, dataset: str, cells: Mapping[str, ResultCell], metric: Metric) -> list[ModelPair]:
    comparison = _of_looks(capability_name, cells, metric) or compare(cells, metric)
    values = {name: sample_values(cell, metric) for name, cell in cells.items()}
    measured = {(pair.better, pair.worse): pair for pair in comparison.pairs}
    return [
        ModelPair(
            capability_name,
            dataset,
            metric,
            first,
            second,
            found.n_common if (found := measured.get((first, second))) else comparison.n_common,
            found,
            disagreement(values[first], values[second], metric.higher_is_better),
            _why_not(comparison, first, second),
        )
        for first, second in _ordered(comparison)
    ]


def _of_looks(capability_name: str, cells: Mapping[str, ResultCell], metric: Metric) -> Comparison | None:
    """By the looks of an adaptive run, which are at the primary metric."""
    return compare_looks(cells, metric) if metric.name == capability(capability_name).primary.name else None


def _ordered(comparison: Comparison) -> list[tuple[str, str]]:
    """All pairs, the better system first: by the pair itself where it was compared, else by the standings."""
    compared = {frozenset((pair.better, pair.worse)): (pair.better, pair.worse) for pair in comparison.pairs}
    pairs = combinations([standing.system for standing in comparison.standings], 2)
    return [compared.get(frozenset(pair), pair) for pair in pairs]


def _why_not(comparison: Comparison, *systems: str) -> str:
    return "; ".join(f"{place.system}: {place.note}" for place in comparison.standings if place.system in systems and place.note)

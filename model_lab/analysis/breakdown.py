"""Breaks the scores of a run down by the columns of its data: `analysis.slices` over the cells of a run folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from model_lab import units
from model_lab.analysis import slice_columns
from model_lab.analysis.comparison import Scored, chosen_metric, current
from model_lab.analysis.slice_columns import SliceColumn
from model_lab.analysis.slices import Sliced, sliced
from model_lab.analysis.table_cells import Shown, Value
from model_lab.capabilities import usable
from model_lab.errors import BadConfig, ModelLabError, UnknownName, nearest
from model_lab.metrics._base import Metric
from model_lab.registry import model_cards
from model_lab.results.schema import RunSpec
from model_lab.results.store import ResultCell, RunFolder

FEW_DRAWS = 300
"""Number of bootstrap draws of a report's slices by a metric whose components are lists (mean average precision, EER)."""


@dataclass(frozen=True)
class Broken:
    """A model on a dataset by the values of a column; ``slices`` is None, with a note, where there are none."""

    capability: str
    dataset: str
    model: str
    metric: Metric
    slices: Sliced | None
    note: str = ""

    def rows(self) -> list[Shown]:
        """One table row per slice."""
        if self.slices is None:
            return []
        unit, worst = self.metric.unit, self.slices.worst
        return [
            {
                "dataset": self.dataset,
                "model": self.model,
                self.slices.column: each.name,
                "metric": self.metric.name,
                "value": Value(units.amount(each.value, unit), each.value),
                "95 %": units.interval(each.low, each.high, unit),
                "n": Value(units.count(each.n_samples), each.n_samples),
                "clusters": Value(units.count(each.n_groups), each.n_groups),
                "remark": "; ".join(filter(None, ["worst" if each.name == worst else "", each.note])),
            }
            for each in self.slices.slices
        ]

    def gap_row(self) -> Shown:
        """The largest gap, or why there is none, as a table row."""
        gap = self.slices.gap if self.slices else None
        unit = self.metric.unit
        return {
            "dataset": self.dataset,
            "model": self.model,
            "largest gap": f"{gap.worst} - {gap.best}" if gap else units.MISSING,
            "difference": Value(units.gap(gap.difference, unit), gap.difference) if gap else units.MISSING,
            "95 % of all pairs": units.interval(gap.low, gap.high, unit) if gap else "",
            "pairs": Value(units.count(gap.n_pairs), gap.n_pairs) if gap else units.MISSING,
            "p (Holm)": units.MISSING if gap is None or gap.p is None else Value(f"{gap.p:.3g}", gap.p),
            "verdict": self._verdict(),
        }

    def _verdict(self) -> str:
        if self.slices is None:
            return self.note
        gap = self.slices.gap
        if gap is None:
            return self.slices.note
        if gap.p is None:
            return gap.note or "no test"
        return f"{gap.worst} is worse than {gap.best}" if gap.significant else "no significant difference"


def break_down(cell: ResultCell, metric: Metric, column: SliceColumn, fast: bool = False) -> Sliced:
    """A scored cell by a column; ``fast``: with `FEW_DRAWS` where the metric counts lists, which are slow to draw. Raises `StoreError` if it has no scores by this version of the metric."""
    scored = current(Scored.of(cell), metric)
    lines = [line for line in scored if line.sample_id in column.slice_of]
    lists = any(isinstance(part, list) for line in lines[:1] for part in line.components[metric.name].values())
    return sliced(
        column.name,
        column.names,
        [column.slice_of[line.sample_id] for line in lines],
        [line.components[metric.name] for line in lines],
        [line.group for line in lines],
        metric,
        FEW_DRAWS if fast and lists else None,
    )


def by_itself(cells: Mapping[str, ResultCell], metric: Metric, declared: Iterable[str] = ()) -> dict[str, tuple[Sliced, ...]]:
    """Model -> its breakdown by each column that a report shows by itself (`slice_columns.shown_by_itself`).

    Models without present scores, or whose metric fails, are left out: their table says so.
    """
    questions = max((cell.questions() for cell in cells.values()), key=len, default=[])
    columns = slice_columns.shown_by_itself(questions, declared)
    broken: dict[str, tuple[Sliced, ...]] = {}
    for model, cell in cells.items() if columns else ():
        try:
            broken[model] = tuple(break_down(cell, metric, column, fast=True) for column in columns)
        except Exception:  # a failing metric, perhaps of an extension, must not break the report; the ranking says what failed
            continue
    return broken


def by_column(
    folder: RunFolder, column: str, models: Sequence[str] = (), capability_name: str = "", dataset: str = "", metric: str = ""
) -> tuple[list[Broken], list[str]]:
    """Break the models of a run down by a column, dataset by dataset; oracles only if they are named.

    Args:
        folder: The run.
        column: Name of the column.
        models: Names of models; all if empty.
        capability_name: Only this capability; "" for all.
        dataset: Only this dataset; "" for all.
        metric: Name of the metric; "" for the primary one of each capability.

    Returns:
        One entry per dataset and model, and a sentence for each dataset that the column cannot split.

    Raises:
        UnknownName: No dataset has the column.
        BadConfig: A model or the dataset has no answers, or no dataset can be split by the column.
    """
    cells = _cells(folder, models, capability_name, dataset)
    found: list[Broken] = []
    sentences: dict[str, str] = {}
    names: dict[str, None] = {}
    there = False
    for (asked, place), of_models in cells.items():
        questions = max((cell.questions() for cell in of_models.values()), key=len)
        names |= dict.fromkeys(slice_columns.available(questions))
        try:
            split = slice_columns.column(questions, column)
        except ModelLabError as error:
            sentences[place], there = str(error), there or not isinstance(error, UnknownName)
            continue
        chosen = chosen_metric(asked, place, metric)
        found += [_broken(asked, place, model, cell, chosen, split) for model, cell in of_models.items()]
    if not found and not there:
        raise UnknownName(f"{folder.name} has no column {column!r}{nearest(column, names)}; there are: {', '.join(names)}")
    if not found:
        raise BadConfig("; ".join(f"{place}: {sentence}" for place, sentence in sentences.items()))
    return found, [f"{place}: {sentence}" for place, sentence in sentences.items()]


def _broken(asked: str, place: str, model: str, cell: ResultCell, metric: Metric, split: SliceColumn) -> Broken:
    try:
        return Broken(asked, place, model, metric, break_down(cell, metric, split))
    except ModelLabError as error:
        return Broken(asked, place, model, metric, None, str(error))


def _cells(
    folder: RunFolder, models: Sequence[str], capability_name: str, dataset: str
) -> dict[tuple[str, str], dict[str, ResultCell]]:
    """(capability, dataset) -> model -> its cell, without perturbations."""
    specs = [(spec, cell) for cell in folder.first_cells() if not (spec := cell.spec()).perturbation]
    for what, named, known in (
        ("model", models, {spec.model for spec, _ in specs}),
        ("dataset", [dataset] if dataset else [], {spec.dataset for spec, _ in specs}),
        ("capability", [capability_name] if capability_name else [], {spec.capability for spec, _ in specs}),
    ):
        for name in named:
            if name not in known:
                raise BadConfig(f"{folder.name} has no {what} {name!r}{nearest(name, known)}; it has: {', '.join(sorted(known))}")
    cells: dict[tuple[str, str], dict[str, ResultCell]] = {}
    for spec, cell in specs:
        if capability_name in ("", spec.capability) and dataset in ("", spec.dataset) and _wanted(spec, models):
            cells.setdefault((spec.capability, spec.dataset), {})[spec.model] = cell
    if not cells:
        raise BadConfig(
            f"{folder.name} has no answers of {', '.join(models) or 'a model'} on that data; see: model-lab report {folder.name}"
        )
    return dict(sorted(cells.items()))


def _wanted(spec: RunSpec, models: Sequence[str]) -> bool:
    if not usable(spec.capability):
        return False
    card = model_cards.usable(spec.model)
    return spec.model in models if models else not (card and card.kind == "oracle")

"""The robustness of models to perturbed audio: `analysis.perturbation_effect` in the schema of a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from model_lab import units
from model_lab.analysis.comparison import SIGNIFICANT
from model_lab.analysis.perturbation_effect import CleanScores, PerturbationEffect
from model_lab.analysis.schema import Robustness
from model_lab.errors import ModelLabError
from model_lab.metrics._base import Metric
from model_lab.metrics.statistics import holm
from model_lab.results.store import ResultCell


def robustness(
    clean: Mapping[str, ResultCell], perturbed: Iterable[tuple[str, str, ResultCell]], metric: Metric
) -> tuple[Robustness, ...]:
    """One row per entry of ``perturbed``, in its order, with p Holm-corrected over all rows.

    Args:
        clean: Model -> its cell without a perturbation.
        perturbed: (model, condition, cell).
        metric: The metric to compare by.
    """
    references: dict[str, CleanScores] = {}
    rows = [_measured(model, condition, clean.get(model), cell, metric, references) for model, condition, cell in perturbed]
    tested = [row.p for row in rows if row.p is not None]
    corrected = iter(holm(tested))
    return tuple(_corrected(row, next(corrected)) if row.p is not None else row for row in rows)


def _measured(
    model: str,
    condition: str,
    clean: ResultCell | None,
    perturbed: ResultCell,
    metric: Metric,
    references: dict[str, CleanScores],
) -> Robustness:
    row = Robustness(model=model, perturbation=condition, metric=metric.name)
    if clean is None:
        return row.model_copy(update={"note": "not evaluated without the perturbation; run the same command again"})
    try:
        if model not in references:
            references[model] = CleanScores(clean, metric)
        effect = references[model].effect(perturbed)
    except ModelLabError as error:
        return row.model_copy(update={"note": str(error)})
    except Exception as error:  # a failing metric, perhaps of an extension, must not break the report
        return row.model_copy(update={"note": f"{metric.name} cannot be compared ({type(error).__name__}: {error})"})
    change = effect.change
    return row.model_copy(
        update={
            "clean": effect.clean,
            "perturbed": effect.perturbed,
            "change": change.difference if change else None,
            "low": change.low if change else None,
            "high": change.high if change else None,
            "p": change.p if change else None,
            "retention": effect.retained,
            "retention_low": effect.low,
            "retention_high": effect.high,
            "n_common": effect.n_common,
            "n_groups": change.n_groups if change else 0,
            "note": _noted(effect),
        }
    )


def _noted(effect: PerturbationEffect) -> str:
    if effect.change is None or not effect.lost:
        return effect.note
    lost = f"{effect.lost} of {effect.lost + effect.n_common} samples were scored without but not with the perturbation"
    return "; ".join(filter(None, (lost, effect.note)))


def _corrected(row: Robustness, p: float) -> Robustness:
    return row.model_copy(update={"p": p, "significant": p < SIGNIFICANT})


def change(row: Robustness, unit: str) -> str:
    """The change with sign and interval, starred if significant."""
    if row.change is None:
        return units.MISSING
    signed = f"{'+' if row.change > 0 else ''}{units.gap(row.change, unit)}{'*' if row.significant else ''}"
    return f"{signed} {units.interval(row.low, row.high, unit)}".strip()


def retained(row: Robustness) -> str:
    """The share retained, with its interval."""
    return f"{units.amount(row.retention, 'ratio')} {units.interval(row.retention_low, row.retention_high, 'ratio')}".strip()


def chance(row: Robustness) -> str:
    """The corrected p-value of the change."""
    return units.MISSING if row.p is None else f"{row.p:.3g}"


def remarks(rows: Sequence[Robustness]) -> list[str]:
    """The notes of the rows, one sentence per note; "all" means all rows with a change."""
    shared: dict[str, list[Robustness]] = {}
    for row in rows:
        if row.note:
            shared.setdefault(row.note, []).append(row)
    measured = [row for row in rows if row.change is not None]
    return [f"{'all' if same == measured else _named(same)}: {note}" for note, same in shared.items()]


def _named(rows: Sequence[Robustness]) -> str:
    models = groupby(rows, key=lambda row: row.model)
    return "; ".join(f"{model} under {', '.join(row.perturbation for row in same)}" for model, same in models)

"""How well models keep their score when their sound is perturbed: `analysis.perturbation_effect` in the words of a report."""

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
    """``perturbed`` are (model, condition, cell), ``clean`` the cells of the same models without one.

    By model, then in the order given; p is corrected for as many tests as there are (Holm).
    """
    yardsticks: dict[str, CleanScores] = {}
    found = [_measured(model, condition, clean.get(model), cell, metric, yardsticks) for model, condition, cell in perturbed]
    tested = [row.p for row in found if row.p is not None]
    corrected = iter(holm(tested))
    return tuple(_corrected(row, next(corrected)) if row.p is not None else row for row in found)


def _measured(
    model: str,
    condition: str,
    clean: ResultCell | None,
    perturbed: ResultCell,
    metric: Metric,
    yardsticks: dict[str, CleanScores],
) -> Robustness:
    row = Robustness(model=model, perturbation=condition, metric=metric.name)
    if clean is None:
        return row.model_copy(update={"note": "not asked without the perturbation; run the same command again"})
    try:
        if model not in yardsticks:
            yardsticks[model] = CleanScores(clean, metric)
        kept = yardsticks[model].retention(perturbed)
    except ModelLabError as error:
        return row.model_copy(update={"note": str(error)})
    except Exception as error:  # a metric, perhaps of an extension, that breaks on these samples must not take the report with it
        return row.model_copy(update={"note": f"{metric.name} cannot be compared ({type(error).__name__}: {error})"})
    moved = kept.change
    return row.model_copy(
        update={
            "clean": kept.clean,
            "perturbed": kept.perturbed,
            "change": moved.difference if moved else None,
            "low": moved.low if moved else None,
            "high": moved.high if moved else None,
            "p": moved.p if moved else None,
            "retention": kept.retained,
            "retention_low": kept.low,
            "retention_high": kept.high,
            "n_common": kept.n_common,
            "n_groups": moved.n_groups if moved else 0,
            "note": _noted(kept),
        }
    )


def _noted(kept: PerturbationEffect) -> str:
    if kept.change is None or not kept.lost:
        return kept.note
    lost = f"{kept.lost} of {kept.lost + kept.n_common} samples were scored clean and not perturbed"
    return "; ".join(filter(None, (lost, kept.note)))


def _corrected(row: Robustness, p: float) -> Robustness:
    return row.model_copy(update={"p": p, "significant": p < SIGNIFICANT})


def change(row: Robustness, unit: str) -> str:
    """The change with its sign and interval; a significant one has a star."""
    if row.change is None:
        return units.MISSING
    signed = f"{'+' if row.change > 0 else ''}{units.gap(row.change, unit)}{'*' if row.significant else ''}"
    return f"{signed} {units.interval(row.low, row.high, unit)}".strip()


def retained(row: Robustness) -> str:
    """The share retained, with its interval."""
    return f"{units.amount(row.retention, 'ratio')} {units.interval(row.retention_low, row.retention_high, 'ratio')}".strip()


def chance(row: Robustness) -> str:
    """The corrected p of the change."""
    return units.MISSING if row.p is None else f"{row.p:.3g}"


def remarks(rows: Sequence[Robustness]) -> list[str]:
    """What is the matter with rows, one sentence for all that share it; "all" are all rows with a change."""
    shared: dict[str, list[Robustness]] = {}
    for row in rows:
        if row.note:
            shared.setdefault(row.note, []).append(row)
    measured = [row for row in rows if row.change is not None]
    return [f"{'all' if same == measured else _named(same)}: {note}" for note, same in shared.items()]


def _named(rows: Sequence[Robustness]) -> str:
    models = groupby(rows, key=lambda row: row.model)
    return "; ".join(f"{model} under {', '.join(row.perturbation for row in same)}" for model, same in models)

"""An audit of references as sentences and table rows, for the terminal and the report."""

from __future__ import annotations

from collections.abc import Iterator

from model_lab import units
from model_lab.analysis.audit import DatasetAudit, HeardSample
from model_lab.analysis.table_cells import Shown, Value


def sentences(audit: DatasetAudit) -> Iterator[str]:
    """What was looked for, what was found, and what was marked."""
    if audit.note:
        yield f"{audit.note[0].upper()}{audit.note[1:]}."
    else:
        yield (
            f"{units.count(audit.n_suspects)} of {units.count(audit.n_samples)} references are suspect: two of {', '.join(audit.models)} (the "
            f"better half), of different families, agree against them ({audit.rule})."
        )
    if audit.marked:
        listed = ", ".join(f"{count} {verdict}" for verdict, count in audit.marked.items())
        yield f"Marked by people who listened: {listed}; in {audit.marks_path}."
    if audit.n_stale:
        yield f"{audit.n_stale} marks are of samples whose row has changed since, and do not count."
    if audit.basis == "suspect":
        yield (
            "A suspicion is no proof. The models that raised it cannot reproduce the suspect reference, so their share below is 0 by definition; "
            "of another model, a high share is a sign that it was trained on these references."
        )
    elif audit.basis:
        yield "To give back references that are wrong is a sign of having been trained on them, and no proof."


def reproduced(audit: DatasetAudit) -> list[Shown]:
    """How far each model agrees with the faulty references."""
    return [
        {
            "model": each.model,
            f"reproduces the reference ({audit.basis})": Value(units.amount(each.share, "ratio"), each.share),
            "95 %": units.interval(each.low, each.high, "ratio"),
            "n": Value(units.count(each.n), each.n),
            "clusters": Value(units.count(each.n_groups), each.n_groups),
        }
        for each in audit.reproductions
    ]


def without(audit: DatasetAudit) -> list[Shown]:
    """Each model's score with and without the samples marked wrong, in the unit of the primary metric."""
    unit = audit.primary_unit
    return [
        {
            "model": each.model,
            f"{audit.primary} of all": Value(units.amount(each.value, unit), each.value),
            "95 % of all": units.interval(each.low, each.high, unit),
            "n of all": Value(units.count(each.n), each.n),
            "without those marked wrong": Value(units.amount(each.value_without, unit), each.value_without),
            "95 %": units.interval(each.low_without, each.high_without, unit),
            "n": Value(units.count(each.n_without), each.n_without),
        }
        for each in audit.without
    ]


def distance(sample: HeardSample, model: str, unit: str) -> str:
    """The metric of a model's answer against the reference; empty for a model that raised no suspicion."""
    if sample.suspicion is None or model not in sample.suspicion.models:
        return ""
    return units.amount(sample.suspicion.distances[sample.suspicion.models.index(model)], unit)

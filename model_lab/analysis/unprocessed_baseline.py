"""Compares models with the unprocessed input: better, not significantly different, or worse than doing nothing."""

from __future__ import annotations

from collections.abc import Iterator

from model_lab import units
from model_lab.analysis.schema import DatasetTable, PairwiseDifference, ResultRow


def untouched(table: DatasetTable) -> ResultRow | None:
    """The row of the unprocessed input; None where there is none or it has no score."""
    return next((row for row in table.rows if row.kind == "untouched" and table.score(row)), None)


def against(table: DatasetTable, model: str) -> PairwiseDifference | None:
    """The difference between a model and the unprocessed input; None where they were not compared."""
    row = untouched(table)
    pairs = [pair for pair in table.differences if row and {pair.better, pair.worse} == {row.model, model}]
    return pairs[0] if pairs else None


def is_below(table: DatasetTable, model: str) -> bool:
    """Whether a model is significantly worse than the unprocessed input."""
    pair = against(table, model)
    return pair is not None and pair.significant and pair.worse == model


def sentences(table: DatasetTable) -> Iterator[str]:
    """The score of the unprocessed input; then the models above it and by how much, those that do not differ, and those below it."""
    row = untouched(table)
    if row is None:
        return
    score, unit = row.scores[table.primary.name], table.primary.unit
    measured = f"{units.amount(score.value, unit)} {units.interval(score.low, score.high, unit)}".strip()
    yield f"{row.title}: {table.primary.name} {measured} (n {score.n_scored})."
    by_side: dict[str, list[str]] = {"above": [], "level": [], "below": []}
    for other in table.rows:
        pair = against(table, other.model)
        if pair is not None and not other.model.startswith("baseline_"):
            by_side[_side(pair, other.model)].append(_difference(pair, other.model, unit))
    if by_side["above"]:
        yield f"Significantly above the {row.title}: {', '.join(by_side['above'])}."
    if by_side["level"]:
        yield f"Not significantly different from the {row.title} (corrected for all pairs): {', '.join(by_side['level'])}."
    if by_side["below"]:
        yield f"SIGNIFICANTLY BELOW the {row.title}, which is worse than doing nothing: {', '.join(by_side['below'])}."


def _side(pair: PairwiseDifference, model: str) -> str:
    if not pair.significant:
        return "level"
    return "above" if pair.better == model else "below"


def _difference(pair: PairwiseDifference, model: str, unit: str) -> str:
    """The signed difference of a model from the input in the unit of the metric, with its interval."""
    ours = pair.better == model
    sign = 1 if ours else -1
    low, high = (None if end is None else sign * end for end in ((pair.low, pair.high) if ours else (pair.high, pair.low)))
    shift = sign * pair.difference
    return f"{model} {'+' if shift > 0 else ''}{units.gap(shift, unit)} {units.interval(low, high, unit)}".strip()

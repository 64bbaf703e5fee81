"""How models stand against the untouched input: better, no different, or worse than doing nothing."""

from __future__ import annotations

from collections.abc import Iterator

from model_lab import units
from model_lab.analysis.schema import DatasetTable, PairwiseDifference, ResultRow


def untouched(table: DatasetTable) -> ResultRow | None:
    """The row of the untouched input; None where there is none or it has no score."""
    return next((row for row in table.rows if row.kind == "untouched" and table.score(row)), None)


def against(table: DatasetTable, model: str) -> PairwiseDifference | None:
    """The pair of a model and the untouched input; None where they were not compared."""
    row = untouched(table)
    pairs = [pair for pair in table.differences if row and {pair.better, pair.worse} == {row.model, model}]
    return pairs[0] if pairs else None


def is_below(table: DatasetTable, model: str) -> bool:
    """Whether a model is significantly worse than the untouched input."""
    pair = against(table, model)
    return pair is not None and pair.significant and pair.worse == model


def sentences(table: DatasetTable) -> Iterator[str]:
    """The figure of the untouched input; then who is above it by how much, who does not differ, and who is below it."""
    row = untouched(table)
    if row is None:
        return
    score, unit = row.scores[table.primary.name], table.primary.unit
    measured = f"{units.amount(score.value, unit)} {units.interval(score.low, score.high, unit)}".strip()
    yield f"{row.title}: {table.primary.name} {measured} (n {score.n_scored})."
    told: dict[str, list[str]] = {"above": [], "level": [], "below": []}
    for other in table.rows:
        pair = against(table, other.model)
        if pair is not None and not other.model.startswith("baseline_"):
            told[_side(pair, other.model)].append(_told(pair, other.model, unit))
    if told["above"]:
        yield f"Significantly above the {row.title}: {', '.join(told['above'])}."
    if told["level"]:
        yield f"Not significantly different from the {row.title} once corrected for all pairs: {', '.join(told['level'])}."
    if told["below"]:
        yield f"SIGNIFICANTLY BELOW the {row.title}, which is worse than doing nothing: {', '.join(told['below'])}."


def _side(pair: PairwiseDifference, model: str) -> str:
    if not pair.significant:
        return "level"
    return "above" if pair.better == model else "below"


def _told(pair: PairwiseDifference, model: str, unit: str) -> str:
    """A model's distance from the input in the metric's own direction of value, with its interval."""
    ours = pair.better == model
    sign = 1 if ours else -1
    low, high = (None if end is None else sign * end for end in ((pair.low, pair.high) if ours else (pair.high, pair.low)))
    shift = sign * pair.difference
    return f"{model} {'+' if shift > 0 else ''}{units.gap(shift, unit)} {units.interval(low, high, unit)}".strip()

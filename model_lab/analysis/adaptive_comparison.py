"""Compares the systems of an adaptive run (`runs.adaptive`) by its looks: models stop at different n, and every look was a test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from model_lab.analysis.comparison import Comparison, Pair, RankedSystem
from model_lab.errors import StoreError
from model_lab.metrics._base import Metric
from model_lab.metrics.looks import Decision, decide, verdict_of
from model_lab.metrics.looks import Pair as Names
from model_lab.metrics.statistics import Difference, rank_groups
from model_lab.results.looks import Round, StoredLook, looks_log, looks_of, rounds_log, sentence
from model_lab.results.schema import Score
from model_lab.results.store import ResultCell, RunFolder


def compare_looks(cells: Mapping[str, ResultCell], metric: Metric) -> Comparison | None:
    """Compare the systems ``name -> cell`` of one dataset by the looks of their run; None if there are no looks at this dataset.

    Values are of all samples that a system has answered; p values are sequential and corrected over the pairs (`metrics.looks.decide`), and
    intervals of differences are repeated confidence intervals. A system without looks is listed and not compared. Raises `StoreError` if
    the looks were at other answers than the present ones, or by another version of the metric.
    """
    folders = {cell.folder.parent.parent for cell in cells.values()}
    if len(folders) != 1:
        return None
    folder, place = RunFolder(folders.pop()), next(iter(cells.values())).spec().place
    at_all = [look for look in looks_log(folder).read(StoredLook) if (look.dataset, look.metric) == (place, metric.name)]
    if not at_all:
        return None
    names = dict.fromkeys(name for look in at_all for name in (look.first, look.second))
    looks = looks_of(folder, place, metric, {name: folder.cell(name, place) for name in names})
    if not looks:
        raise StoreError(
            f"the looks at {place} were at other answers, or by another version of {metric.name}; run the same command again to renew them"
        )
    decisions = decide(
        {pair: [look.measured() for look in of_pair] for pair, of_pair in looks.items()}, metric.higher_is_better, metric.margin
    )
    scores = {
        name: score for name, cell in cells.items() if (score := _score(cell, metric)) and any(name in pair for pair in looks)
    }
    sign = -1 if metric.higher_is_better else 1
    order = sorted(scores, key=lambda name: (sign * (scores[name].value or 0.0), name))
    ranks = rank_groups(order, lambda leader, system: verdict_of((leader, system), decisions) == "better")
    shown = [pair for pair in sorted(looks) if set(pair) <= set(order)]
    return Comparison(
        metric.name,
        max((looks[pair][-1].n_samples for pair in shown), default=0),
        max((looks[pair][-1].n_groups for pair in shown), default=0),
        (
            *(
                RankedSystem(name, rank, scores[name].value, scores[name].n_scored)
                for name, rank in zip(order, ranks, strict=True)
            ),
            *(RankedSystem(name, None, None, 0, "no look at it was possible") for name in sorted(set(cells) - set(order))),
        ),
        tuple(_pair(pair, looks[pair], decisions[pair], metric) for pair in shown),
        _note(folder, looks, decisions),
    )


def _score(cell: ResultCell, metric: Metric) -> Score | None:
    """The score by the metric, if it has a value."""
    outcome = cell.outcome()
    found = next((score for score in outcome.scores if score.metric == metric.name), None) if outcome else None
    return found if found and found.value is not None else None


def _pair(names: Names, looks: Sequence[StoredLook], made: Decision, metric: Metric) -> Pair:
    """Better less worse, by the verdict or, where it is open, by the last look."""
    first_is_better = made.verdict == "better" or (
        made.verdict != "worse" and (looks[-1].difference > 0) == metric.higher_is_better
    )
    better, worse = names if first_is_better else names[::-1]
    sign = 1.0 if first_is_better else -1.0
    low, high = sorted((sign * made.low, sign * made.high))
    measured = Difference(
        sign * looks[-1].difference,
        low if math.isfinite(low) else None,
        high if math.isfinite(high) else None,
        made.p,
        looks[-1].n_groups,
        sentence(names, looks, made, metric),
        looks[-1].error,
    )
    return Pair(better, worse, measured, made.p, made.verdict in ("better", "worse"), looks[-1].n_samples)


def _note(folder: RunFolder, looks: Mapping[Names, Sequence[StoredLook]], decisions: Mapping[Names, Decision]) -> str:
    sizes = sorted({look.clusters for of_pair in looks.values() for look in of_pair})
    planned = max(look.planned for of_pair in looks.values() for look in of_pair)
    decided = sum(made.verdict != "open" for made in decisions.values())
    ended = next((each.ended for each in reversed(rounds_log(folder).read(Round)) if each.ended), "")
    why = f" It ended because {ended}." if ended and decided < len(decisions) else ""
    return (
        f"Adaptive run: {decided} of {len(decisions)} pairs are decided, by looks at {', '.join(map(str, sizes))} of {planned} clusters.{why} p values and "
        "intervals of differences hold over all looks (O'Brien-Fleming spending), p values over all pairs too; intervals of single values are "
        "not adjusted for the looks."
    )

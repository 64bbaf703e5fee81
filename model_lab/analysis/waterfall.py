"""What a recipe is worth and which stage causes how much of its error: as data, and as tables for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model_lab import units
from model_lab.analysis.table_cells import Shown, Value
from model_lab.errors import BadConfig
from model_lab.metrics.statistics import Difference
from model_lab.pipelines import shapley
from model_lab.pipelines.evaluation import Estimate, Evaluation, Judged, Part
from model_lab.pipelines.shapley import Errors

Data = Mapping[str, Any]
_OF_STAGES: Mapping[str, Callable[[Errors, str], float]] = {
    "share": shapley.share,
    "alone": shapley.alone,
    "mended": shapley.mended,
}


def waterfall(found: Evaluation) -> dict[str, Any]:
    """Each metric and, where its error is shared out, the parts of it: all numbers with ``low`` and ``high`` of 95 %.

    Shares and ``left`` sum up to the value; so do ``alone``, ``interaction`` and ``left``. ``mended`` is what would be won.
    """
    return {
        "recipe": found.recipe,
        "models": dict(found.models),
        "recordings": list(found.recordings),
        "not_judged": list(found.not_judged),
        "metrics": [_scored(judged) | (_shared_out(judged) if judged.stages else {}) for judged in found.judged],
    }


def differences(first: Evaluation, second: Evaluation) -> list[dict[str, Any]]:
    """Each metric of the first recipe less that of the second, and each share that both have; p is of one test, uncorrected.

    Raises `BadConfig` if they were not judged on the same recordings.
    """
    if first.recordings != second.recordings:
        raise BadConfig("the two recipes were judged on different recordings; name one manifest for both")
    others = {judged.metric.name: judged for judged in second.judged}
    found = []
    for judged in first.judged:
        if other := others.get(judged.metric.name):
            found.append(_difference(judged, other, "", _total))
            found += [
                _difference(judged, other, stage, _of(stage, shapley.share)) for stage in judged.stages if stage in other.stages
            ]
    return found


def score_rows(data: Data) -> list[Shown]:
    """The metrics as a table."""
    return [
        {
            "metric": metric["metric"],
            "value (lower is better)": _shown(metric["value"]),
            "recordings": Value(units.count(metric["recordings"]), metric["recordings"]),
            "clusters": Value(units.count(metric["clusters"]), metric["clusters"]),
            "what it is": metric["title"],
        }
        for metric in data["metrics"]
    ]


def stage_rows(metric: Data) -> list[Shown]:
    """Where a metric's error comes from, as a table whose columns of shares and of stages alone sum up to its last row."""
    name = f"{metric['metric']} caused by"
    rows: list[Shown] = [{name: row["stage"]} | {part: _shown(row[part]) for part in _OF_STAGES} for row in metric["stages"]]
    left, total = _shown(metric["left"]), _shown(metric["value"])
    return [
        *rows,
        {name: "their interaction", "share": "", "alone": _shown(metric["interaction"]), "mended": ""},
        {name: "none of them", "share": left, "alone": left, "mended": ""},
        {name: "all", "share": total, "alone": total, "mended": ""},
    ]


def difference_rows(found: Sequence[Data]) -> list[Shown]:
    """Two recipes' differences as a table."""
    return [
        {
            "metric": row["metric"] + (f", share of {row['stage']}" if row["stage"] else ""),
            "first": units.amount(row["first"], "ratio"),
            "second": units.amount(row["second"], "ratio"),
            "difference": units.MISSING if row["difference"] is None else units.gap(row["difference"], "ratio"),
            "95 %": units.interval(row["low"], row["high"], "ratio"),
            "p": units.MISSING if row["p"] is None else f"{row['p']:.3g}",
            "note": row["note"],
        }
        for row in found
    ]


def _scored(judged: Judged) -> dict[str, Any]:
    return {
        "metric": judged.metric.name,
        "title": judged.metric.title,
        "recordings": len(judged.groups),
        "clusters": judged.clusters,
        "value": _told(judged.estimate(_total)),
    }


def _shared_out(judged: Judged) -> dict[str, Any]:
    return {
        "stages": [
            {"stage": stage} | {name: _told(judged.estimate(_of(stage, part))) for name, part in _OF_STAGES.items()}
            for stage in judged.stages
        ],
        "interaction": _told(judged.estimate(shapley.interaction)),
        "left": _told(judged.estimate(shapley.left)),
    }


def _difference(first: Judged, second: Judged, stage: str, part: Part) -> dict[str, Any]:
    less: Difference = first.less(second, part)
    about = {
        "metric": first.metric.name,
        "stage": stage,
        "first": _defined(part(first.errors)),
        "second": _defined(part(second.errors)),
    }
    return about | {"difference": _defined(less.difference), "low": less.low, "high": less.high, "p": less.p, "note": less.note}


def _told(estimate: Estimate) -> dict[str, float | None]:
    return {"value": _defined(estimate.value), "low": estimate.low, "high": estimate.high}


def _defined(value: float) -> float | None:
    """None, which JSON knows, where a metric is not defined."""
    return None if math.isnan(value) else value


def _of(stage: str, part: Callable[[Errors, str], float]) -> Part:
    return lambda errors: part(errors, stage)


def _total(errors: Errors) -> float:
    return errors[shapley.NOBODY]


def _shown(estimate: Mapping[str, Any]) -> Value:
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    return Value(f"{units.amount(value, 'ratio')} {units.interval(low, high, 'ratio')}".strip(), value)

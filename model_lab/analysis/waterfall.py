"""The scores of a recipe and the error caused by each stage, as data and as tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model_lab import units
from model_lab.analysis.table_cells import Shown, Value
from model_lab.errors import BadConfig
from model_lab.metrics.statistics import Difference
from model_lab.pipelines import shapley
from model_lab.pipelines.evaluation import Estimate, EvaluatedMetric, Evaluation, Part
from model_lab.pipelines.shapley import Errors

Data = Mapping[str, Any]
_OF_STAGES: Mapping[str, Callable[[Errors, str], float]] = {
    "share": shapley.share,
    "alone": shapley.alone,
    "mended": shapley.removed_if_perfect,
}
_HEADINGS = {"share": "share", "alone": "alone", "mended": "removed if perfect"}


def waterfall(evaluation: Evaluation) -> dict[str, Any]:
    """Each metric and, where its error is attributed to stages, the parts: all numbers with ``low`` and ``high`` of the 95 % interval.

    The shares and ``left`` sum to the value; so do ``alone``, ``interaction`` and ``left``. ``mended`` is the error removed if this
    stage alone were perfect.
    """
    return {
        "recipe": evaluation.recipe,
        "models": dict(evaluation.models),
        "recordings": list(evaluation.recordings),
        "not_judged": list(evaluation.not_judged),
        "metrics": [_scored(judged) | (_attribution(judged) if judged.stages else {}) for judged in evaluation.judged],
    }


def differences(first: Evaluation, second: Evaluation) -> list[dict[str, Any]]:
    """Each metric of the first recipe minus that of the second, and each share that both have; p is uncorrected, for a single test.

    Raises `BadConfig` if they were evaluated on different recordings.
    """
    if first.recordings != second.recordings:
        raise BadConfig("the two recipes were evaluated on different recordings; use one manifest for both")
    others = {judged.metric.name: judged for judged in second.judged}
    rows = []
    for judged in first.judged:
        if other := others.get(judged.metric.name):
            rows.append(_difference(judged, other, "", _total))
            rows += [
                _difference(judged, other, stage, _of(stage, shapley.share)) for stage in judged.stages if stage in other.stages
            ]
    return rows


def score_rows(data: Data) -> list[Shown]:
    """The metrics as a table."""
    return [
        {
            "metric": metric["metric"],
            "value (lower is better)": _shown(metric["value"]),
            "recordings": Value(units.count(metric["recordings"]), metric["recordings"]),
            "clusters": Value(units.count(metric["clusters"]), metric["clusters"]),
            "definition": metric["title"],
        }
        for metric in data["metrics"]
    ]


def stage_rows(metric: Data) -> list[Shown]:
    """The error of a metric by stage, as a table in which the columns share and alone sum to the last row."""
    name = f"{metric['metric']} caused by"
    rows: list[Shown] = [
        {name: row["stage"]} | {_HEADINGS[part]: _shown(row[part]) for part in _OF_STAGES} for row in metric["stages"]
    ]
    left, total = _shown(metric["left"]), _shown(metric["value"])
    return [
        *rows,
        {name: "their interaction", "share": "", "alone": _shown(metric["interaction"]), _HEADINGS["mended"]: ""},
        {name: "none of them", "share": left, "alone": left, _HEADINGS["mended"]: ""},
        {name: "all", "share": total, "alone": total, _HEADINGS["mended"]: ""},
    ]


def difference_rows(differences: Sequence[Data]) -> list[Shown]:
    """The differences of two recipes as a table."""
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
        for row in differences
    ]


def _scored(judged: EvaluatedMetric) -> dict[str, Any]:
    return {
        "metric": judged.metric.name,
        "title": judged.metric.title,
        "recordings": len(judged.groups),
        "clusters": judged.clusters,
        "value": _with_interval(judged.estimate(_total)),
    }


def _attribution(judged: EvaluatedMetric) -> dict[str, Any]:
    return {
        "stages": [
            {"stage": stage} | {name: _with_interval(judged.estimate(_of(stage, part))) for name, part in _OF_STAGES.items()}
            for stage in judged.stages
        ],
        "interaction": _with_interval(judged.estimate(shapley.interaction)),
        "left": _with_interval(judged.estimate(shapley.residual)),
    }


def _difference(first: EvaluatedMetric, second: EvaluatedMetric, stage: str, part: Part) -> dict[str, Any]:
    gap: Difference = first.less(second, part)
    row = {
        "metric": first.metric.name,
        "stage": stage,
        "first": _defined(part(first.errors)),
        "second": _defined(part(second.errors)),
    }
    return row | {"difference": _defined(gap.difference), "low": gap.low, "high": gap.high, "p": gap.p, "note": gap.note}


def _with_interval(estimate: Estimate) -> dict[str, float | None]:
    return {"value": _defined(estimate.value), "low": estimate.low, "high": estimate.high}


def _defined(value: float) -> float | None:
    """The value, or None (valid JSON) where the metric is undefined."""
    return None if math.isnan(value) else value


def _of(stage: str, part: Callable[[Errors, str], float]) -> Part:
    return lambda errors: part(errors, stage)


def _total(errors: Errors) -> float:
    return errors[shapley.NONE_REPLACED]


def _shown(estimate: Mapping[str, Any]) -> Value:
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    return Value(f"{units.amount(value, 'ratio')} {units.interval(low, high, 'ratio')}".strip(), value)

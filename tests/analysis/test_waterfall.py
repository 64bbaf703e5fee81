"""The table of blame, from errors that are known."""

from __future__ import annotations

import re

import pytest

from model_lab.analysis import waterfall
from model_lab.errors import BadConfig
from model_lab.metrics.meetings import CPWER, TCPWER
from model_lab.pipelines import shapley
from model_lab.pipelines.evaluation import EvaluatedMetric, Evaluation

STAGES = ("asr", "diarization")
GROUPS = [f"r{number}" for number in range(8)]


def judged(metric=CPWER, stages=STAGES, worse=0):
    """8 recordings of 10 words: 3 errors (and ``worse``) as it is, 1 with asr known, 2 with diarization known."""
    counts = {"": 3 + worse, "asr": 1, "diarization": 2 + worse, "asr diarization": 0}
    parts = {
        frozenset(names.split()): [
            {"substitutions": float(count), "deletions": 0.0, "insertions": float(bool(count) * (number % 2)), "words": 10.0}
            for number in range(len(GROUPS))
        ]
        for names, count in counts.items()
        if set(names.split()) <= set(stages)
    }
    return EvaluatedMetric(metric, stages, parts, GROUPS)


def evaluation(worse=0, recordings=tuple(GROUPS)):
    return Evaluation("A recipe", {"asr": "scribe"}, recordings, (judged(worse=worse),), (judged(TCPWER, (), worse),))


def test_the_columns_sum_up():
    data = waterfall.waterfall(evaluation())
    assert data["recipe"] == "A recipe" and data["recordings"] == GROUPS
    words, others = data["metrics"]
    assert "stages" not in others and others["value"] == words["value"]
    value = words["value"]
    assert value["value"] == pytest.approx(0.35) and value["low"] < 0.35 < value["high"]
    left = words["left"]["value"]
    assert sum(row["share"]["value"] for row in words["stages"]) + left == pytest.approx(0.35)
    assert sum(row["alone"]["value"] for row in words["stages"]) + words["interaction"]["value"] + left == pytest.approx(0.35)
    rows = waterfall.stage_rows(words)
    assert [row["cpwer caused by"] for row in rows] == [*STAGES, "their interaction", "none of them", "all"]
    for column in ("share", "alone"):
        *parts, total = (float(str(row[column]).split(" ")[0]) for row in rows if row[column])
        assert sum(parts) == pytest.approx(total, abs=0.11)
    assert all(
        re.fullmatch(r"\d+\.\d % \[\d+\.\d, \d+\.\d\]", str(row["value (lower is better)"])) for row in waterfall.score_rows(data)
    )


def test_two_recipes_differ_by_metric_and_share():
    found = waterfall.differences(evaluation(worse=2), evaluation())
    assert [(row["metric"], row["stage"]) for row in found] == [
        ("cpwer", ""),
        ("cpwer", "asr"),
        ("cpwer", "diarization"),
        ("tcpwer", ""),
    ]
    assert [row["difference"] for row in found] == pytest.approx([0.2, 0.2, 0.0, 0.2], abs=1e-9)
    assert found[0]["p"] < 0.05
    rows = waterfall.difference_rows(found)
    assert (rows[0]["first"], rows[0]["second"], rows[0]["difference"]) == ("55.0 %", "35.0 %", "20.0 points")
    assert rows[1]["metric"] == "cpwer, share of asr"
    with pytest.raises(BadConfig, match="different recordings"):
        waterfall.differences(evaluation(), evaluation(recordings=("other",)))


def test_no_stage_is_no_waterfall():
    assert shapley.share(judged().errors, "asr") == pytest.approx(0.175 + 0.0, abs=0.08)
    assert "stages" not in waterfall.waterfall(Evaluation("r", {}, ("a",), (), (judged(stages=()),)))["metrics"][0]


def test_what_is_not_defined_is_nothing():
    nothing = [{"substitutions": 0.0, "deletions": 0.0, "insertions": 0.0, "words": 0.0}]
    silent = Evaluation("r", {}, ("a",), (), (EvaluatedMetric(CPWER, (), {shapley.NONE_REPLACED: nothing}, ["a"]),))
    data = waterfall.waterfall(silent)
    assert data["metrics"][0]["value"] == {"value": None, "low": None, "high": None}
    assert str(waterfall.score_rows(data)[0]["value (lower is better)"]) == "—"
    assert waterfall.difference_rows(waterfall.differences(silent, silent))[0]["difference"] == "—"

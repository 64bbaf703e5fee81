"""Scores by judges: which answer a judgement holds for, and what is unscored without one."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from model_lab.metrics._base import Judge, Metric, mean_of
from model_lab.results.answers import pack
from model_lab.results.schema import SampleResult
from model_lab.results.scoring import Judgement, answer_id, judgement_log, judgements, score_cell
from model_lab.results.store import ResultCell
from model_lab.types import Audio
from tests.results.conftest import RIGHT, ROWS, metric, scores

MOS = Judge("mosnet", "quality", lambda reference, hypothesis: (hypothesis, None))


def judged(name: str, judge: Judge = MOS) -> Metric:
    return metric(name, *mean_of(lambda reference, hypothesis, said: said[name]), judge)


def judgement(cell: ResultCell, sample_id: str, said: Any, **fields: Any) -> Judgement:
    given = cell.latest()[sample_id]
    return Judgement(
        **{
            "sample_id": sample_id,
            "status": "ok",
            "hypothesis": pack(said, cell, sample_id),
            "answer_id": answer_id(given),
            **fields,
        }
    )


def test_metrics_of_one_judge_share_its_answer(make_cell: Any, with_metrics: Any) -> None:
    with_metrics(judged("mos"), judged("noise", dataclasses.replace(MOS)))
    cell = make_cell("m", ROWS, RIGHT)
    for number, sample_id in enumerate("abc"):
        judgement_log(cell, MOS).append(judgement(cell, sample_id, {"mos": 3.0 + number, "noise": 1.0}))
    found = scores(score_cell(cell, "r"))
    assert (found["mos"].value, found["noise"].value) == (4.0, 1.0)
    assert [path.name for path in (cell.folder / "judgements").iterdir()] == ["mosnet.quality.jsonl"]


def test_what_the_judge_could_not_or_did_not_say_is_unscored(make_cell: Any, with_metrics: Any) -> None:
    with_metrics(judged("mos"))
    cell = make_cell("m", ROWS, RIGHT)
    log = judgement_log(cell, MOS)
    log.append(judgement(cell, "a", {"mos": 4.0}))
    log.append(judgement(cell, "b", None, status="failed", error="too\nshort"))
    score = score_cell(cell, "r").scores[0]
    assert (score.value, score.n_scored, score.n_unscored) == (4.0, 1, 2)
    assert "mosnet could not judge it: too short (1)" in score.note and "not judged by mosnet (1)" in score.note


def test_nothing_judged_says_so(make_cell: Any, with_metrics: Any) -> None:
    with_metrics(judged("mos"))
    score = score_cell(make_cell("m", ROWS, RIGHT), "r").scores[0]
    assert (score.value, score.note) == (None, "3 unscored: not judged by mosnet (3)")


def test_a_judge_that_leaves_out_a_scale_is_unscored(make_cell: Any, with_metrics: Any) -> None:
    with_metrics(judged("mos"))
    cell = make_cell("m", ROWS, RIGHT)
    judgement_log(cell, MOS).append(judgement(cell, "a", {"other": 4.0}))
    assert "KeyError: 'mos' (1)" in score_cell(cell, "r").scores[0].note


def test_a_new_answer_needs_a_new_judgement(make_cell: Any, make_record: Any) -> None:
    cell = make_cell("m", ROWS, RIGHT)
    log = judgement_log(cell, MOS)
    log.append(judgement(cell, "a", {"mos": 4.0}))
    log.append(judgement(cell, "b", {"mos": 3.0}))
    assert judgements(cell, MOS).keys() == {"a", "b"}
    cell.answers.append(make_record(cell, "a", "another answer"))
    cell.answers.append(make_record(cell, "b", RuntimeError("crash")))
    assert judgements(cell, MOS) == {}
    cell.answers.append(make_record(cell, "b", RIGHT["b"], latency_s=9.0))  # the same words again: the judgement holds
    log.append(judgement(cell, "a", {"mos": 1.0}))
    assert {sample_id: said.hypothesis for sample_id, said in judgements(cell, MOS).items()} == {
        "a": {"mos": 1.0},
        "b": {"mos": 3.0},
    }


def test_new_sound_of_the_same_name_needs_a_new_judgement(make_cell: Any, make_record: Any) -> None:
    cell = make_cell("m", ROWS[:1], {"a": Audio(np.full(9, 0.5, np.float32), 8000)})
    judgement_log(cell, MOS).append(judgement(cell, "a", {"mos": 4.0}))
    assert judgements(cell, MOS).keys() == {"a"}
    cell.answers.append(make_record(cell, "a", Audio(np.full(9, 0.6, np.float32), 8000)))
    assert judgements(cell, MOS) == {}


def test_judges_and_roles_have_files_of_their_own(make_cell: Any) -> None:
    cell = make_cell("m", ROWS, RIGHT)
    asked = [
        MOS,
        dataclasses.replace(MOS, role="reference"),
        dataclasses.replace(MOS, model="x"),
        dataclasses.replace(MOS, capability="asr"),
    ]
    assert [judgement_log(cell, judge).path.name for judge in asked] == [
        "mosnet.quality.jsonl",
        "mosnet.quality.reference.jsonl",
        "x.quality.jsonl",
        "mosnet.asr.jsonl",
    ]


def test_answers_are_told_apart_by_content_alone() -> None:
    def identity(hypothesis: Any, **fields: Any) -> str:
        return answer_id(SampleResult(sample_id="a", status="ok", hypothesis=hypothesis, **fields))

    assert identity({"a": 1, "b": [2.5]}) == identity({"b": [2.5], "a": 1}, latency_s=3.0)
    assert len({identity(value) for value in (None, 0, "", [], {}, {"a": 1}, [1], "é")}) == 8

"""Scoring: pure, complete in its counts, and never stopped by one sample."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.capabilities import Capability, capability
from model_lab.errors import StoreError
from model_lab.metrics._base import Judge, Metric, mean_of, pool
from model_lab.results import scoring
from model_lab.results.answers import pack
from model_lab.results.schema import Run, SampleResult, Score, Speed
from model_lab.results.scoring import Judgement, answer_id, components, judgement_log, judgements, score_cell
from model_lab.results.store import Cell
from model_lab.types import Audio

ROWS = [
    {"id": "a", "group": "ann", "text": "the red cat sat"},
    {"id": "b", "group": "ann", "text": "blue pear"},
    {"id": "c", "group": "bob", "text": "a small dog ran"},
]
RIGHT = {row["id"]: row["text"] for row in ROWS}


def scores(run: Run) -> dict[str, Score]:
    return {score.metric: score for score in run.scores}


def metric(name: str, components: Callable[..., Any], value: Callable[..., float], judge: Judge | None = None) -> Metric:
    return Metric(name, name, "", True, 1.0, 0.0, 1, "", components, value, judge)


@pytest.fixture
def with_metrics(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Capability]:
    """``with_metrics(*metrics)``: speech recognition, scored by these."""

    def change(*metrics: Metric, **changes: Any) -> Capability:
        changed = dataclasses.replace(capability("asr"), metrics=metrics, **changes)
        monkeypatch.setattr(scoring, "capability", lambda name: changed)
        return changed

    return change


def test_scores_by_hand(make_cell: Any) -> None:
    """One substitution and one deletion in ten words."""
    cell = make_cell("m", ROWS, {"a": "the red cat sits", "b": "blue", "c": RIGHT["c"]})
    run = score_cell(cell, "r")
    wer = scores(run)["wer"]
    assert wer.value == pytest.approx(0.2)
    assert (wer.n_scored, wer.n_unscored, wer.n_groups) == (3, 0, 2)
    assert wer.low == pytest.approx(0.0) and wer.high == pytest.approx(2 / 6)
    assert wer.note == "only 2 groups: the interval may be too narrow"
    assert scores(run)["substitution_rate"].value == pytest.approx(0.1)
    assert (run.status, run.reason, run.n_samples, run.n_ok, run.n_failed, run.failures) == ("complete", "", 3, 3, 0, {})
    assert (run.run, run.tier, run.key) == ("r", "smoke", cell.spec().key)
    assert [score.metric for score in run.scores] == [metric.name for metric in capability("asr").metrics]


def test_what_is_written_is_what_is_returned(make_cell: Any) -> None:
    cell = make_cell("m", ROWS, RIGHT)
    run = score_cell(cell, "r")
    assert cell.outcome() == run
    json.loads((cell.folder / "scores.json").read_text(), parse_constant=pytest.fail)
    lines = components(cell)
    assert [(line.sample_id, line.group) for line in lines] == [("a", "ann"), ("b", "ann"), ("c", "bob")]
    assert lines[0].components["wer"] == {"substitutions": 0.0, "deletions": 0.0, "insertions": 0.0, "words": 4.0}
    for metric in capability("asr").metrics:
        assert metric.value(pool(line.components[metric.name] for line in lines)) == scores(run)[metric.name].value


def test_scoring_again_changes_nothing(make_cell: Any) -> None:
    cell = make_cell("m", ROWS, {"a": "the", "b": ValueError("no"), "c": RIGHT["c"]})
    first = score_cell(cell, "r")
    before = {path: path.read_bytes() for path in cell.folder.rglob("*") if path.is_file()}
    assert score_cell(cell, "r") == first
    assert {path: path.read_bytes() for path in cell.folder.rglob("*") if path.is_file()} == before


def test_a_failed_answer_is_counted_and_named(make_cell: Any) -> None:
    cell = make_cell("m", ROWS, {"a": RIGHT["a"], "b": ValueError("out of\n  memory"), "c": ValueError("out of memory")})
    run = score_cell(cell, "r")
    wer = scores(run)["wer"]
    assert (wer.value, wer.low, wer.n_scored, wer.n_unscored, wer.n_groups) == (0.0, None, 1, 2, 1)
    assert wer.note == "2 unscored: the answer failed (2); no interval: 1 group, at least 2 are needed"
    assert (run.status, run.n_ok, run.n_failed, run.failures) == ("complete", 1, 2, {"out of memory": 2})


def test_the_last_answer_to_a_sample_counts(make_cell: Any, make_record: Any) -> None:
    cell = make_cell("m", ROWS, {**RIGHT, "a": ValueError("crash")})
    cell.answers.append(make_record(cell, "a", RIGHT["a"]))
    run = score_cell(cell, "r")
    assert (run.n_ok, run.n_failed, scores(run)["wer"].n_scored) == (3, 0, 3)


def test_answers_to_samples_that_are_no_longer_asked_do_not_count(make_cell: Any) -> None:
    """Back from a larger tier: the answers stay, the questions are fewer."""
    cell = make_cell("m", ROWS[:2], {**RIGHT, "c": ValueError("no")})
    run = score_cell(cell, "r")
    assert (run.n_samples, run.n_ok, run.n_failed, run.status) == (2, 2, 0, "complete")
    assert scores(run)["wer"].n_unscored == 0


def test_a_missing_reference_leaves_the_sample_unscored(make_cell: Any) -> None:
    cell = make_cell("m", [*ROWS, {"id": "d", "group": "cid"}], {**RIGHT, "d": "who knows"})
    wer = scores(score_cell(cell, "r"))["wer"]
    assert (wer.n_scored, wer.n_unscored, wer.n_groups) == (3, 1, 2)
    assert "1 unscored: the manifest has no reference for it (1)" in wer.note


def test_answers_from_random_weights_are_never_scored(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", ROWS, RIGHT)
    cell.sessions.append(make_session(answered=3, random_weights=True))
    run = score_cell(cell, "r")
    assert {score.value for score in run.scores} == {None}
    assert {score.n_scored for score in run.scores} == {0}
    assert "loader verified on random weights, real weights not run here" in run.scores[0].note
    assert run.speed == Speed()
    assert run.status == "complete"


def test_no_reference_at_all_says_so(make_cell: Any) -> None:
    cell = make_cell("m", [{"id": "a"}, {"id": "b"}], {"a": "x", "b": "y"})
    run = score_cell(cell, "r")
    assert run.status == "complete"
    for score in run.scores:
        assert (score.value, score.low, score.high, score.n_scored, score.n_unscored) == (None, None, None, 0, 2)
        assert score.note == "2 unscored: the manifest has no reference for it (2)"


def test_a_reference_outside_the_dataset_is_refused(make_cell: Any, with_metrics: Any, tmp_path: Path) -> None:
    audio.write(tmp_path.parent / "outside.wav", Audio(np.ones(8, np.float32), 8000))
    with_metrics(metric("m", *mean_of(lambda r, h: 1.0)), reference=lambda row, resolve: audio.read(resolve(row["clean"])))
    cell = make_cell("m", [{"id": "a", "clean": "../outside.wav"}, {"id": "b", "clean": "/etc/passwd"}], {"a": "x", "b": "x"})
    score = score_cell(cell, "r").scores[0]
    assert score.n_scored == 0 and score.note.count("is outside") == 2


def test_a_metric_that_raises_on_a_sample_leaves_only_it_unscored(make_cell: Any, with_metrics: Any) -> None:
    def fussy(reference: Any, hypothesis: Any) -> float:
        if "pear" in hypothesis.text:
            raise ZeroDivisionError("no pears")
        return 1.0

    with_metrics(metric("fussy", *mean_of(fussy)), metric("calm", *mean_of(lambda r, h: 2.0)))
    found = scores(score_cell(make_cell("m", ROWS, RIGHT), "r"))
    assert (found["fussy"].value, found["fussy"].n_scored, found["fussy"].n_unscored) == (1.0, 2, 1)
    assert "1 unscored: ZeroDivisionError: no pears (1)" in found["fussy"].note
    assert (found["calm"].value, found["calm"].n_scored) == (2.0, 3)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_sample_on_which_a_metric_is_not_finite_does_not_spoil_the_mean(
    make_cell: Any, with_metrics: Any, number: float
) -> None:
    with_metrics(metric("mean", *mean_of(lambda reference, hypothesis: number if "pear" in hypothesis.text else 3.0)))
    cell = make_cell("m", ROWS, RIGHT)
    score = score_cell(cell, "r").scores[0]
    assert (score.value, score.n_scored) == (3.0, 2)
    assert "the metric is not finite on the sample (1)" in score.note
    assert "mean" not in components(cell)[1].components


def test_components_that_json_cannot_hold_are_an_error_of_the_metric(make_cell: Any, with_metrics: Any) -> None:
    with_metrics(
        metric("bad", lambda r, h: {"x": [object()]}, lambda pooled: 1.0),
        metric("array", lambda r, h: {"x": np.zeros(2)}, lambda p: 1.0),
    )
    for score in score_cell(make_cell("m", ROWS, RIGHT), "r").scores:
        assert score.n_scored == 0 and "is not JSON serializable (3)" in score.note


def test_values_see_components_as_they_will_be_read_again(make_cell: Any, with_metrics: Any) -> None:
    with_metrics(
        metric(
            "pairs",
            lambda r, h: {"x": [(1, np.float64(2.5))]},
            lambda pooled: float(pooled["x"] == [[1, 2.5]] * len(pooled["x"])),
        )
    )
    assert score_cell(make_cell("m", ROWS, RIGHT), "r").scores[0].value == 1.0


def test_an_undefined_value_is_none_with_a_reason(make_cell: Any, with_metrics: Any) -> None:
    def broken(pooled: Any) -> float:
        raise RuntimeError("singular")

    with_metrics(
        *(
            metric(name, lambda r, h: {"n": 1.0}, value)
            for name, value in {"nan": lambda pooled: math.nan, "infinite": lambda pooled: math.inf, "broken": broken}.items()
        )
    )
    cell = make_cell("m", ROWS, RIGHT)
    found = scores(score_cell(cell, "r"))
    assert {(score.value, score.low, score.high, score.n_scored) for score in found.values()} == {(None, None, None, 3)}
    assert found["nan"].note == "no value: nan is nan on these samples"
    assert found["infinite"].note == "no value: infinite is inf on these samples"
    assert found["broken"].note == "no value: RuntimeError: singular"
    json.loads((cell.folder / "scores.json").read_text(), parse_constant=pytest.fail)


def test_a_value_that_fails_on_a_draw_keeps_its_value_and_loses_its_interval(make_cell: Any, with_metrics: Any) -> None:
    def both_groups(pooled: Any) -> float:
        if len(set(pooled["x"])) < 3:
            raise ValueError("one class only")
        return 0.5

    with_metrics(metric("auc", lambda r, h: {"x": [h.text]}, both_groups))
    score = score_cell(make_cell("m", ROWS, RIGHT), "r").scores[0]
    assert (score.value, score.low, score.high) == (0.5, None, None)
    assert score.note == "no interval: ValueError: one class only"


def test_many_reasons_are_told_in_part(make_cell: Any, with_metrics: Any) -> None:
    def refuse(reference: Any, hypothesis: Any) -> float:
        raise ValueError(hypothesis.text)

    with_metrics(metric("picky", *mean_of(refuse)))
    rows = [{"id": str(n), "text": "x"} for n in range(9)]
    note = score_cell(make_cell("m", rows, {str(n): f"reason {n % 5}" for n in range(9)}), "r").scores[0].note
    assert note.startswith("9 unscored: ValueError: reason 0 (2), ") and note.endswith(", 2 other reasons")


def test_components_shared_by_metrics_are_counted_once(make_cell: Any, with_metrics: Any) -> None:
    calls = []

    def counting(reference: Any, hypothesis: Any) -> dict[str, float]:
        calls.append(hypothesis)
        return {"n": 1.0}

    with_metrics(metric("one", counting, lambda pooled: 1.0), metric("two", counting, lambda pooled: 2.0))
    found = scores(score_cell(make_cell("m", ROWS, RIGHT), "r"))
    assert len(calls) == 3 and (found["one"].value, found["two"].value) == (1.0, 2.0)


def test_sound_is_read_from_the_artifacts(make_cell: Any, with_metrics: Any) -> None:
    with_metrics(metric("level", *mean_of(lambda reference, hypothesis: float(hypothesis.samples[0]))))
    cell = make_cell(
        "m", ROWS[:2], {"a": Audio(np.full(9, 0.5, np.float32), 8000), "b": Audio(np.full(9, 0.25, np.float32), 8000)}
    )
    assert score_cell(cell, "r").scores[0].value == 0.375
    next(cell.artifacts.glob("b-*")).unlink()
    score = score_cell(cell, "r").scores[0]
    assert (score.value, score.n_unscored) == (0.5, 1) and "the answer cannot be read" in score.note


# Judges


MOS = Judge("mosnet", "quality", lambda reference, hypothesis: (hypothesis, None))


def judged(name: str, judge: Judge = MOS) -> Metric:
    return metric(name, *mean_of(lambda reference, hypothesis, said: said[name]), judge)


def judgement(cell: Cell, sample_id: str, said: Any, **fields: Any) -> Judgement:
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


# Status


def test_status_before_any_answer(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", ROWS, {})
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("not_run", "0 of 3 samples have been asked")
    assert all(score.value is None and score.note == "3 unscored: not answered (3)" for score in run.scores)
    cell.sessions.append(make_session(worker_pid=0, ended="needs a GPU", answered=0))
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("not_run", "needs a GPU")
    assert run.speed.load_s is None and run.speed.peak_memory_mb is None


def test_a_dataset_that_could_not_be_had_is_not_run(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", [], {})
    cell.sessions.append(make_session(worker_pid=0, ended="dataset d cannot be had: no network", answered=0))
    run = score_cell(cell, "r")
    assert (run.status, run.reason, run.n_samples) == ("not_run", "dataset d cannot be had: no network", 0)


def test_status_partial_while_samples_are_left(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", ROWS, {"a": RIGHT["a"]})
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("partial", "1 of 3 samples have been asked")
    wer = scores(run)["wer"]
    assert wer.n_scored + wer.n_unscored == run.n_samples == 3
    cell.sessions.append(make_session())
    assert score_cell(cell, "r").status == "partial"
    cell.sessions.append(make_session(worker_pid=0, ended="not enough memory", answered=0))
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("partial", "1 of 3 samples have been asked: not enough memory")


def test_status_failed_when_the_worker_was_given_up(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", ROWS, {"a": RIGHT["a"]})
    cell.sessions.append(make_session(ended="given up after 3 crashes"))
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("failed", "1 of 3 samples have been asked: given up after 3 crashes")
    assert scores(run)["wer"].value == 0.0
    cell.sessions.append(make_session())
    assert score_cell(cell, "r").status == "partial"


def test_status_failed_when_the_model_could_not_be_loaded(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", ROWS, {})
    cell.sessions.append(make_session(answered=0, ended="could not be loaded: no file"))
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("failed", "0 of 3 samples have been asked: could not be loaded: no file")


def test_status_failed_when_no_answer_is_usable(make_cell: Any) -> None:
    run = score_cell(make_cell("m", ROWS, {"a": ValueError("x"), "b": ValueError("y"), "c": ValueError("y")}), "r")
    assert (run.status, run.reason) == ("failed", "all 3 answers failed, 2 with: y")
    assert run.failures == {"y": 2, "x": 1}


def test_a_crash_on_the_way_does_not_spoil_a_complete_run(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", ROWS, {**RIGHT, "b": RuntimeError("worker died")})
    cell.sessions.append(make_session(ended="worker died"))
    assert score_cell(cell, "r").status == "complete"


def test_a_folder_without_a_spec_cannot_be_scored(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no spec\.json"):
        score_cell(Cell(tmp_path / "m" / "d"), "r")


# Speed


def test_speed_by_hand(make_cell: Any, make_record: Any, make_session: Any) -> None:
    rows = [{"id": str(n), "text": "x"} for n in range(6)]
    cell = make_cell("m", rows, {})
    for n, latency in enumerate([9.0, 1.0, 2.0, 3.0, 4.0]):
        cell.answers.append(make_record(cell, str(n), "x", latency_s=latency, cpu_s=1.0, cold=n == 0))
    cell.answers.append(SampleResult(sample_id="5", status="failed", error="no", cpu_s=0.5))
    cell.sessions.append(make_session(load_s=3.0, peak_memory_mb=100.0, answered=0, ended="crash", peak_gpu_memory_mb=7.0))
    cell.sessions.append(make_session(load_s=2.0, peak_memory_mb=300.0, threads=4))
    cell.sessions.append(make_session(load_s=1.0, peak_memory_mb=200.0))
    speed = score_cell(cell, "r").speed
    assert (speed.latency_p50_s, speed.n_timed) == (2.5, 4)
    assert (speed.latency_p95_s, speed.latency_p99_s) == pytest.approx((3.85, 3.97))
    assert speed.real_time_factor == pytest.approx(10.0 / 8.0)
    assert speed.cpu_s == 5.5
    assert (speed.load_s, speed.cold_start_s, speed.threads) == (2.0, 11.0, 4)
    assert (speed.peak_memory_mb, speed.peak_gpu_memory_mb) == (300.0, 7.0)


def test_the_cold_start_stays_that_of_the_first_answer_when_it_is_asked_again(
    make_cell: Any, make_record: Any, make_session: Any
) -> None:
    cell = make_cell("m", ROWS[:1], {})
    cell.answers.append(make_record(cell, "a", "x", latency_s=9.0, cold=True))
    cell.answers.append(make_record(cell, "a", "x", latency_s=1.0))
    cell.sessions.append(make_session(load_s=2.0))
    speed = score_cell(cell, "r").speed
    assert (speed.cold_start_s, speed.latency_p50_s, speed.n_timed) == (11.0, 1.0, 1)


def test_text_has_no_real_time_factor(make_cell: Any) -> None:
    cell = make_cell("m", ROWS, RIGHT)
    cell.begin(cell.spec(), "smoke", [question.model_copy(update={"duration": 0.0}) for question in cell.questions()])
    speed = score_cell(cell, "r").speed
    assert speed.real_time_factor is None and speed.latency_p50_s == 0.5


def test_speed_without_answers_is_empty(make_cell: Any) -> None:
    speed = score_cell(make_cell("m", ROWS, {}), "r").speed
    assert {value for name, value in speed if name != "n_timed"} == {None} and speed.n_timed == 0


def test_long_errors_are_cut_to_one_line() -> None:
    assert scoring.shortened("a\n b\t c ") == "a b c"
    assert len(scoring.shortened("x" * 500)) == 160 and scoring.shortened("x" * 500).endswith("…")

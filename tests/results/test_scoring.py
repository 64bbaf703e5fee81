"""Scoring: pure, complete in its counts, and never stopped by one sample."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.metrics._base import mean_of, pool
from model_lab.results import scoring
from model_lab.results.schema import Speed
from model_lab.results.scoring import components, score_cell
from model_lab.types import Audio
from tests.results.conftest import RIGHT, ROWS, metric, scores


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
    for asked in capability("asr").metrics:
        pooled = asked.value(pool(line.components[asked.name] for line in lines))
        assert scores(run)[asked.name].value == (None if math.isnan(pooled) else pooled)


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
    assert found["nan"].note == "no value: nan is not defined on these samples: 3 n"
    assert found["infinite"].note == "no value: infinite is inf on these samples: 3 n"
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


def test_long_errors_are_cut_to_one_line() -> None:
    assert scoring.shortened("a\n b\t c ") == "a b c"
    assert len(scoring.shortened("x" * 500)) == 160 and scoring.shortened("x" * 500).endswith("…")


def test_only_samples_that_speak_for_a_metric_are_its_n(make_cell: Any, with_metrics: Any) -> None:
    """Two recordings have no beats: they are no evidence, no failures, and not among the clusters of the interval."""
    parts = {"a": {"right": 1.0, "beats": 2.0}, "b": {"right": 0.0, "beats": 0.0}, "c": {"right": 0.0, "beats": 0.0}}
    of_text = {row["text"]: parts[row["id"]] for row in ROWS}
    counted = metric("beats", lambda reference, _: of_text[reference.text], lambda pooled: pooled["right"] / pooled["beats"])
    with_metrics(replace(counted, evidence=("beats",), lacking="no beats marked"))
    cell = make_cell("m", ROWS, RIGHT)
    found = scores(score_cell(cell, "r"))["beats"]
    assert (found.value, found.n_scored, found.n_unscored, found.n_inapplicable, found.n_groups) == (0.5, 1, 0, 2, 1)
    assert found.note.startswith("2 not counted: no beats marked; ")
    assert [line.components["beats"] for line in components(cell)] == list(parts.values())


def test_words_invented_where_nobody_speaks_are_told(make_cell: Any, tmp_path: Path) -> None:
    audio.write(tmp_path / "silence.wav", Audio(np.zeros(16000 * 10, np.float32), 16000))
    rows = [{"id": str(number), "audio": "silence.wav", "text": ""} for number in range(6)]
    found = scores(score_cell(make_cell("m", rows, {row["id"]: "thank you" for row in rows}), "r"))
    assert found["wer"].value is None and found["wer"].n_scored == 6
    assert found["wer"].note == "no value: wer is not defined on these samples: 0 words in the reference, 12 words inserted"
    assert (found["invented_words"].value, found["invented_words"].n_scored) == (12.0, 6)


def test_what_a_model_is_not_asked_is_unscored_with_the_reason_and_leaves_the_run_complete(make_cell: Any) -> None:
    cell = make_cell("m", ROWS, {"a": RIGHT["a"], "b": RIGHT["b"]})
    asked = [
        question.model_copy(update={"left_out": "in languages it does not know"} if question.id == "c" else {})
        for question in cell.questions()
    ]
    cell.begin(cell.spec(), "smoke", asked)
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("complete", "")
    assert (run.scores[0].n_scored, run.scores[0].n_unscored) == (2, 1)
    assert "1 unscored: in languages it does not know (1)" in run.scores[0].note


@pytest.mark.parametrize(
    ("clusters", "expected"),
    [(["given"] * 3, "given"), (["given", "speaker", "speaker"], "speaker"), (["unknown", "given", "speaker"], "unknown")],
)
def test_the_clusters_of_a_run_are_as_unsure_as_its_least_sure_sample(make_cell: Any, clusters: list[str], expected: str) -> None:
    cell = make_cell("m", ROWS, RIGHT)
    known = [question.model_copy(update={"clusters": kind}) for question, kind in zip(cell.questions(), clusters, strict=True)]
    cell.begin(cell.spec(), "smoke", known)
    assert score_cell(cell, "r").clusters == expected

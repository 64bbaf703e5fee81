"""What became of a run, and how fast it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_lab.errors import StoreError
from model_lab.results.schema import SampleResult, Speed
from model_lab.results.scoring import score_cell
from model_lab.results.store import ResultCell
from tests.results.conftest import RIGHT, ROWS, scores


def test_status_before_any_answer(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", ROWS, {})
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("not_run", "0 of 3 samples have been evaluated")
    assert all(score.value is None and score.note == "3 unscored: not answered (3)" for score in run.scores)
    cell.sessions.append(make_session(worker_pid=0, ended="needs a GPU", answered=0))
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("not_run", "needs a GPU")
    assert run.speed.load_s is None and run.speed.peak_memory_mb is None


def test_a_dataset_that_could_not_be_had_is_not_run(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", [], {})
    cell.sessions.append(make_session(worker_pid=0, ended="dataset d is unavailable: no network", answered=0))
    run = score_cell(cell, "r")
    assert (run.status, run.reason, run.n_samples) == ("not_run", "dataset d is unavailable: no network", 0)


def test_status_partial_while_samples_are_left(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", ROWS, {"a": RIGHT["a"]})
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("partial", "1 of 3 samples have been evaluated")
    wer = scores(run)["wer"]
    assert wer.n_scored + wer.n_unscored == run.n_samples == 3
    cell.sessions.append(make_session())
    assert score_cell(cell, "r").status == "partial"
    cell.sessions.append(make_session(worker_pid=0, ended="not enough memory", answered=0))
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("partial", "1 of 3 samples have been evaluated: not enough memory")


def test_status_failed_when_the_worker_was_given_up(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", ROWS, {"a": RIGHT["a"]})
    cell.sessions.append(make_session(ended="given up after 3 crashes"))
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("failed", "1 of 3 samples have been evaluated: given up after 3 crashes")
    assert scores(run)["wer"].value == 0.0
    cell.sessions.append(make_session())
    assert score_cell(cell, "r").status == "partial"


def test_status_failed_when_the_model_could_not_be_loaded(make_cell: Any, make_session: Any) -> None:
    cell = make_cell("m", ROWS, {})
    cell.sessions.append(make_session(answered=0, ended="could not be loaded: no file"))
    run = score_cell(cell, "r")
    assert (run.status, run.reason) == ("failed", "0 of 3 samples have been evaluated: could not be loaded: no file")


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
        score_cell(ResultCell(tmp_path / "m" / "d"), "r")


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
    assert speed == Speed()

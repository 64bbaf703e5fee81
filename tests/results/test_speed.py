"""Whose time it was: contended, not contended, or not known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.results.schema import SampleResult, Timing
from model_lab.results.scoring import is_current, score_cell
from model_lab.results.speed import contended, is_over, needs_rerun_alone
from tests.results.conftest import RIGHT, ROWS


def answer(latency_s: float | None = 1.0, cpu_s: float | None = 1.0, waited_s: float | None = None, **more: Any) -> SampleResult:
    return SampleResult(sample_id="a", status="ok", latency_s=latency_s, cpu_s=cpu_s, waited_s=waited_s, **more)


def late(**changes: Any) -> SampleResult:
    fields = {"latency_s": 120.0, "waited_s": 90.0, "others_s": 95.0, "timed_out": True}
    return SampleResult(sample_id="a", status="failed", error="late", **(fields | changes))


@pytest.mark.parametrize(
    ("timed", "threads", "expected"),
    [
        ([answer(4.0, 1.0, 3.0, others_s=3.0)], 1, True),  # others had the core
        ([answer(4.0, 4.0, 0.0, others_s=0.0)], 1, False),
        ([answer(4.0, 0.1, 0.0, others_s=4.0)], 1, False),  # it slept, and the others were in nobody's way
        ([answer(4.0, 7.9, 0.0, others_s=0.0)], 2, False),
        ([answer(4.0, 4.0, 12.0, others_s=0.0)], 1, False),  # four threads on one core wait for each other
        ([answer(4.0, 2.0, 12.0, others_s=2.0)], 1, True),  # and for others
        ([answer(4.0, 4.0, 2.0)], 1, True),  # what others used is not known
        ([answer(9.0, 9.0, 0.0, others_s=0.0), answer(1.0, 0.1, 0.9, others_s=0.9)], 1, False),  # a tenth at most of all
        ([answer(9.0, 9.0, 0.0, others_s=0.0), answer(2.0, 0.5, 1.5, others_s=1.5)], 1, True),
        ([answer(0.002, 0.002, 0.0, others_s=0.01)], 1, False),  # a tick of somebody else
        ([answer(0.1, 0.02, 0.08, others_s=0.08)] * 20, 1, True),
        ([answer(4.0, 3.9)], 1, False),  # an earlier record: it had the core
        ([answer(4.0, 0.5)], 1, None),  # it may have slept, or waited for a disk
        ([answer(4.0, 3.9)], 2, None),
        ([answer(4.0, 7.8)], 2, False),
        ([answer(4.0, 3.9)], None, None),
        ([answer(4.0, None)], 1, None),
        ([answer(4.0, 0.5), answer(4.0, 0.5, 3.5, others_s=3.5)], 1, True),  # certain, whatever the earlier one lost
        ([answer(1.0, 0.5), answer(9.0, 9.0, 0.0, others_s=0.0)], 1, False),  # too little to matter
        ([], 1, None),
        ([answer(None, None)], 1, None),
    ],
)
def test_contended(timed: list[SampleResult], threads: int | None, expected: bool | None) -> None:
    assert contended(timed, threads) is expected


@given(wall=st.floats(0.5, 100), share=st.floats(0, 1), others=st.floats(0, 100))
def test_more_use_by_others_never_makes_it_less_contended(wall: float, share: float, others: float) -> None:
    waited = share * wall
    less, more = (contended([answer(wall, wall - waited, waited, others_s=used)]) for used in (others, others + 1))
    assert more or not less


def test_a_time_limit_hit_while_held_up_is_not_a_failure_yet() -> None:
    assert needs_rerun_alone(late())
    assert not needs_rerun_alone(late(alone=True))
    assert not needs_rerun_alone(late(waited_s=3.0))
    assert not needs_rerun_alone(late(waited_s=None, others_s=None))
    assert not needs_rerun_alone(late(timed_out=False))


def test_what_is_to_be_asked_alone_is_not_answered_yet(make_cell: Any) -> None:
    cell = make_cell("m", ROWS, {**RIGHT, "a": late()})
    run = score_cell(cell, "r")
    assert (run.status, run.n_ok, run.n_failed) == ("partial", 2, 0)
    cell.answers.append(late(alone=True))
    run = score_cell(cell, "r")
    assert (run.status, run.n_ok, run.n_failed) == ("complete", 2, 1)


def test_contention_by_hand(make_cell: Any, make_record: Any, make_session: Any) -> None:
    cell = make_cell("m", ROWS, {})
    cell.answers.append(make_record(cell, "a", "x", latency_s=50.0, cpu_s=1.0, waited_s=49.0, others_s=49.0, cold=True))
    cell.answers.append(make_record(cell, "b", "x", latency_s=4.0, cpu_s=1.0, waited_s=3.0, others_s=3.0))
    cell.answers.append(make_record(cell, "c", "x", latency_s=6.0, cpu_s=4.0, waited_s=1.0, others_s=2.0))
    cell.sessions.append(make_session(threads=1, load_average=3.5))
    speed = score_cell(cell, "r").speed
    assert (speed.contended, speed.waited_share, speed.cpu_share, speed.load_average) == (True, 0.4, 0.5, 3.5)
    assert (speed.real_time_factor, speed.timed_alone) == (2.5, False)


def timing(sample_id: str, latency_s: float = 1.0, name: str = "2026-01-01", **changes: Any) -> Timing:
    fields = {"cpu_s": latency_s, "waited_s": 0.0, "others_s": 0.0, "threads": 1, "alone": True}
    return Timing(sample_id=sample_id, status="ok", round=name, asked=2, latency_s=latency_s, **(fields | changes))


def test_times_come_from_the_newest_round_that_is_over_and_not_contended(
    make_cell: Any, make_record: Any, make_session: Any
) -> None:
    cell = make_cell("m", ROWS, {})
    for row in ROWS:
        cell.answers.append(make_record(cell, row["id"], "x", latency_s=8.0, cpu_s=1.0, waited_s=7.0, others_s=7.0))
    cell.sessions.append(make_session(threads=1, load_s=9.0, peak_memory_mb=100.0))
    before = score_cell(cell, "r")
    assert before.speed.contended is True and before.speed.latency_p50_s == 8.0

    cell.timings.append(timing("a", 5.0, cold=True, load_s=2.0))
    cell.timings.append(timing("a", 1.0))
    assert not is_current(cell)
    assert score_cell(cell, "r").speed == before.speed  # cut short
    cell.timings.append(timing("b", 2.0))
    after = score_cell(cell, "r")
    assert (after.speed.latency_p50_s, after.speed.real_time_factor, after.speed.n_timed) == (1.5, 0.75, 2)
    assert (after.speed.contended, after.speed.timed_alone, after.speed.cold_start_s) == (False, True, 7.0)
    assert (after.speed.cpu_s, after.speed.peak_memory_mb) == (3.0, 100.0)
    assert (after.scores, after.n_ok) == (before.scores, before.n_ok)

    cell.timings.append(timing("a", 6.0, "2026-02-01", cpu_s=1.0, waited_s=5.0, others_s=5.0))
    cell.timings.append(timing("b", 6.0, "2026-02-01", cpu_s=1.0, waited_s=5.0, others_s=5.0))
    assert score_cell(cell, "r").speed.latency_p50_s == 1.5  # contended
    cell.timings.append(timing("a", 3.0, "2026-03-01"))
    cell.timings.append(timing("b", 3.0, "2026-03-01"))
    assert score_cell(cell, "r").speed.latency_p50_s == 3.0


def test_a_question_that_fails_is_asked_and_a_warming_up_is_not() -> None:
    failed = timing("a", cold=True).model_copy(update={"status": "failed", "latency_s": None})
    assert not is_over([timing("a", cold=True), timing("b")])
    assert is_over([failed, timing("b")])

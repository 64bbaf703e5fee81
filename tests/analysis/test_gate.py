"""The gate: losses that chance does not explain, and everything of the baseline that is not there any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from model_lab.analysis.gate import GateCheck, GateLimits, gate, junit
from model_lab.analysis.gate_baseline import find, store
from model_lab.errors import BadConfig
from model_lab.files import write_json
from model_lab.results.schema import UNTOUCHED, WorkerSession
from model_lab.results.scoring import score_cell
from model_lab.results.store import ResultCell
from tests.results.conftest import make_cell as make_cell
from tests.results.conftest import make_session as make_session
from tests.results.conftest import record
from tests.results.conftest import runs as runs

WORDS = ["river", "stone", "cloud", "maple", "candle", "window", "garden", "silver"]
ROWS = [{"id": f"s{number:02}", "text": " ".join(WORDS)} for number in range(20)]
RIGHT = {row["id"]: row["text"] for row in ROWS}

Wrong = Callable[[int], int]
Gated = Callable[..., dict[str, GateCheck]]


def words(wrong: int) -> str:
    """The sentence with that many wrong words."""
    return " ".join(["wrong"] * wrong + WORDS[wrong:])


@pytest.fixture
def gated(runs: Path) -> Gated:
    """``gated(**limits)``: what the gate says of run "new" against run "old", by what was checked."""

    def check(**limits: Any) -> dict[str, GateCheck]:
        return {found.what: found for found in gate(find(runs, "new"), find(runs, "old"), GateLimits(**limits))}

    return check


@pytest.fixture
def answered(make_cell: Any) -> Callable[..., None]:
    """``answered(old, new)``: runs of model m with these answers."""

    def write(old: dict[str, Any], new: dict[str, Any], **changes: Any) -> None:
        for name, answers in (("old", old), ("new", new)):
            score_cell(make_cell("m", ROWS, answers, run=name, **changes), name)

    return write


@pytest.fixture
def checked(answered: Any, gated: Gated) -> Callable[..., GateCheck]:
    """``checked(old, new, wer)``: sample n has that many wrong words of eight, and the error rate may rise by ``wer``."""

    def check(old: Wrong, new: Wrong, wer: float = 0.0) -> GateCheck:
        answered(*({row["id"]: words(wrong(n)) for n, row in enumerate(ROWS)} for wrong in (old, new)))
        return gated(drops={"wer": wer})["wer"]

    return check


def test_a_clear_loss_fails_and_says_how_much(checked: Any) -> None:
    found = checked(lambda n: n % 2, lambda n: 2 + n % 2, wer=0.01)
    assert (found.state, found.loss) == ("failed", pytest.approx(0.25))
    assert found.because.startswith("worse by 25.0 points on 20 samples (p ")
    assert found.because.endswith("allowed: 1.0 points")


def test_a_loss_that_is_allowed_passes(checked: Any) -> None:
    assert checked(lambda n: n % 2, lambda n: 2 + n % 2, wer=0.3).state == "passed"


def test_a_loss_that_chance_explains_passes(checked: Any) -> None:
    found = checked(lambda n: n % 3, lambda n: 2 if n == 0 else n % 3)
    assert found.state == "passed"
    assert "not significant" in found.because


def test_a_gain_passes(checked: Any) -> None:
    found = checked(lambda n: 3, lambda n: 0)
    assert found.state == "passed" and found.because.startswith("better or equal by 37.5 points")


def test_a_loss_on_too_few_groups_to_test_fails(make_cell: Any, gated: Gated) -> None:
    for name, wrong in (("old", 0), ("new", 8)):
        score_cell(make_cell("m", ROWS[:3], {row["id"]: words(wrong) for row in ROWS[:3]}, run=name), name)
    found = gated()["wer"]
    assert found.state == "failed" and "too few groups for a significance test" in found.because


def test_the_primary_metric_is_meant_where_none_is_named(answered: Any, gated: Gated) -> None:
    answered(RIGHT, dict.fromkeys(RIGHT, words(4)))
    assert {name: found.state for name, found in gated().items()} == {"answers": "passed", "failures": "passed", "wer": "failed"}


def test_another_revision_of_the_dataset_fails_with_its_reason(make_cell: Any, gated: Gated) -> None:
    score_cell(make_cell("m", ROWS, RIGHT, run="old"), "old")
    score_cell(make_cell("m", ROWS, RIGHT, run="new", dataset_revision="2"), "new")
    found = gated()
    assert found["wer"].state == "failed" and "were evaluated on different data" in found["wer"].because
    assert found["comparison"].state == "failed"


def test_all_answers_failing_fails(answered: Any, gated: Gated) -> None:
    answered(RIGHT, dict.fromkeys(RIGHT, ValueError("no memory")))
    found = gated()
    assert found["answers"].state == "failed"
    assert found["answers"].because.startswith(
        "20 samples were answered before and none now: all 20 answers failed, 20 with: no memory"
    )
    assert found["comparison"].state == "failed"


def test_new_failures_fail_beyond_what_is_allowed(answered: Any, gated: Gated) -> None:
    failing = {f"s{number:02}": ValueError("no memory") for number in (3, 5)}
    answered(RIGHT | {"s05": ValueError("always")}, RIGHT | failing)
    found = gated()
    assert found["failures"].state == "failed"
    assert found["failures"].because == "1 sample that was answered before fails now, 0 allowed: s03 (no memory)"
    assert found["wer"].state == "passed" and found["wer"].n_common == 18
    assert gated(failures=1)["failures"].state == "passed"


def test_a_model_that_is_gone_fails(make_cell: Any, gated: Gated) -> None:
    score_cell(make_cell("m", ROWS, RIGHT, run="old"), "old")
    score_cell(make_cell("other", ROWS, RIGHT, run="new"), "new")
    found = gated()
    assert found["answers"].state == "failed" and found["answers"].because.startswith("the model is in old but not in new")
    assert found["comparison"].because.startswith("nothing could be compared")


def test_fewer_samples_fail_beyond_what_is_allowed(answered: Any, gated: Gated) -> None:
    answered(RIGHT, dict(list(RIGHT.items())[:15]))
    found = gated()
    assert (found["answers"].state, found["wer"].state) == ("failed", "failed")
    assert found["answers"].because == "15 of the baseline's 20 samples were evaluated"
    assert found["wer"].because == "scored on 15 of the 20 samples that the baseline was scored on"
    assert {name: check.state for name, check in gated(fewer=0.25).items()} == dict.fromkeys(
        ("answers", "failures", "wer"), "passed"
    )


def test_what_the_baseline_could_not_answer_is_held_against_nothing(answered: Any, gated: Gated) -> None:
    answered(dict.fromkeys(RIGHT, ValueError("no memory")), RIGHT)
    assert gated()["answers"].state == "skipped" and gated()["comparison"].state == "failed"


def test_a_condition_is_compared_with_itself(make_cell: Any, runs: Path) -> None:
    """Clean sound got no worse, noise did: the noisy run is held against the old noisy one, not against the old clean one."""
    noisy = {"perturbation": "noise:5", "perturbation_revision": "1"}
    for name, clean, perturbed in (("old", 0, 3), ("new", 0, 5)):
        for wrong, changes in ((clean, {}), (perturbed, noisy)):
            score_cell(make_cell("m", ROWS, {row["id"]: words(wrong) for row in ROWS}, run=name, **changes), name)
    checks = [check for check in gate(find(runs, "new"), find(runs, "old"), GateLimits({"wer": 0.01})) if check.what == "wer"]
    assert {check.dataset: (check.state, check.loss) for check in checks} == {
        "d": ("passed", pytest.approx(0.0)),
        "d~noise-5": ("failed", pytest.approx(0.25)),
    }
    assert 'classname="d~noise-5.m"' in junit(checks, "n")


def test_a_new_condition_is_held_against_nothing(make_cell: Any, answered: Any, runs: Path) -> None:
    answered(RIGHT, RIGHT)
    score_cell(make_cell("m", ROWS, {}, run="new", perturbation="gsm", perturbation_revision="1"), "new")
    assert {check.dataset for check in gate(find(runs, "new"), find(runs, "old"))} == {"d"}


def test_an_unknown_metric_is_refused(answered: Any, gated: Gated) -> None:
    answered(RIGHT, RIGHT)
    with pytest.raises(BadConfig, match=r"has a metric 'werr' \(did you mean 'wer'\?\)"):
        gated(drops={"werr": 0.0})


def test_a_stored_baseline_says_what_its_run_says(answered: Any, gated: Gated, runs: Path, tmp_path: Path) -> None:
    answered(RIGHT, dict.fromkeys(RIGHT, words(4)) | {"s07": ValueError("no memory")})
    store(find(runs, "old"), tmp_path / "baseline.json")
    of_run = gate(find(runs, "new"), find(runs, "old"), GateLimits({"wer": 0.1, "cer": 0.9}))
    assert gate(find(runs, "new"), find(runs, str(tmp_path / "baseline.json")), GateLimits({"wer": 0.1, "cer": 0.9})) == of_run
    assert gate(find(runs, "new"), find(runs, str(runs / "old")), GateLimits({"wer": 0.1, "cer": 0.9})) == of_run
    assert {check.what: check.state for check in of_run} == {
        "answers": "passed",
        "failures": "failed",
        "wer": "failed",
        "cer": "passed",
    }


@pytest.fixture
def timed(make_cell: Any, make_session: Any, runs: Path) -> Callable[..., ResultCell]:
    """``timed(run, latency_s, memory_mb)``: a scored run of a model that took that for each answer."""

    def write(
        run: str, latency_s: float, memory_mb: float, threads: int = 2, cpu: str = "the same", waited_s: float | None = 0.0
    ) -> ResultCell:
        cell: ResultCell = make_cell("m", ROWS, {}, run=run)
        for sample_id, text in RIGHT.items():
            cell.answers.append(record(cell, sample_id, text, latency_s=latency_s, waited_s=waited_s, others_s=waited_s))
        session: WorkerSession = make_session(peak_memory_mb=memory_mb, threads=threads, answered=len(ROWS))
        cell.sessions.append(session)
        write_json(runs / run / "manifest.json", {"machine": {"cpu": cpu, "gpu": []}})
        score_cell(cell, run)
        return cell

    return write


def test_latency_and_memory_are_held_against_their_limits(timed: Any, gated: Gated) -> None:
    timed("old", 1.0, 100.0)
    timed("new", 1.5, 140.0)
    found = gated(latency={"p50": 1.2, "p95": 1.6}, memory=1.2)
    assert {name: found[name].state for name in ("latency p50", "latency p95", "memory")} == {
        "latency p50": "failed",
        "latency p95": "passed",
        "memory": "failed",
    }
    assert found["latency p50"].because == "1.50 s now, 1.00 s before; up to 1.2 times the baseline is allowed"
    assert found["memory"].because == "140 MB now, 100 MB before; up to 1.2 times the baseline is allowed"


@pytest.mark.parametrize(
    ("new", "said"), [({"threads": 4}, "4 threads now and 2 before"), ({"cpu": "another"}, "different hardware")]
)
def test_latency_of_other_circumstances_is_refused(timed: Any, gated: Gated, new: dict[str, Any], said: str) -> None:
    timed("old", 1.0, 100.0)
    timed("new", 1.0, 100.0, **new)
    found = gated(latency={"p50": 1.2}, memory=1.2)
    assert found["latency p50"].state == "failed" and said in found["latency p50"].because
    assert found["latency p50"].because.startswith("not comparable: ") and found["memory"].state == "passed"


def test_latency_of_which_nobody_knows_whether_it_was_disturbed_is_refused(timed: Any, gated: Gated) -> None:
    timed("old", 1.0, 100.0, waited_s=None)
    timed("new", 1.0, 100.0)
    found = gated(latency={"p50": 1.2})["latency p50"]
    assert found.state == "failed" and "the baseline may be contended, which was not recorded" in found.because


def test_short_latencies_are_told_apart(timed: Any, gated: Gated) -> None:
    timed("old", 0.0003, 100.0)
    timed("new", 0.0004, 100.0)
    assert gated(latency={"p50": 1.2})["latency p50"].because.startswith("0.40 ms now, 0.30 ms before")


@pytest.mark.parametrize("disturbed", ["new", "old"])
def test_latency_that_other_work_disturbed_is_refused(timed: Any, runs: Path, disturbed: str) -> None:
    sides = {}
    for name in ("new", "old"):
        timed(name, 1.0, 100.0)
        [cell] = (found := find(runs, name)).cells
        if name == disturbed:
            assert cell.outcome is not None
            changed = cell.outcome.model_copy(update={"speed": cell.outcome.speed.model_copy(update={"contended": True})})
            found = found.model_copy(update={"cells": (cell.model_copy(update={"outcome": changed}),)})
        sides[name] = found
    [check] = [
        check for check in gate(sides["new"], sides["old"], GateLimits(latency={"p50": 9.0})) if check.what == "latency p50"
    ]
    assert check.state == "failed" and check.because.startswith("not comparable: the times of the ")
    assert ("new run" if disturbed == "new" else "baseline") in check.because


def test_the_untouched_input_is_no_model_of_the_gate(answered: Any, make_cell: Any, runs: Path) -> None:
    answered(RIGHT, RIGHT)
    for name in ("old", "new"):
        score_cell(make_cell(UNTOUCHED, ROWS, RIGHT, run=name), name)
    assert {check.model for check in gate(find(runs, "new"), find(runs, "old"))} == {"m"}


def test_that_the_untouched_input_is_the_same_compares_nothing(answered: Any, make_cell: Any, runs: Path) -> None:
    answered({}, RIGHT)
    for name in ("old", "new"):
        score_cell(make_cell(UNTOUCHED, ROWS, RIGHT, run=name), name)
    checks = gate(find(runs, "new"), find(runs, "old"))
    assert [check.state for check in checks] == ["skipped", "failed"] and "nothing could be compared" in checks[1].because


def test_junit_holds_every_check_and_escapes(answered: Any, gated: Gated) -> None:
    answered(RIGHT, dict.fromkeys(RIGHT, words(3)))
    text = junit(list(gated(drops={"wer": 0.0, "cer": 0.9}).values()), 'new against <old> & "older"')
    suite = ElementTree.fromstring(text)
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "0")
    assert suite.get("name") == 'new against <old> & "older"'
    assert [case.get("name") for case in suite if case.find("failure") is not None] == ["wer"]

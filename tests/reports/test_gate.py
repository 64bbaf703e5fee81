"""The gate: significant losses beyond what is allowed, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from model_lab.errors import BadConfig
from model_lab.reports.gate import Check, gate, junit
from model_lab.results.scoring import score_cell
from model_lab.results.store import run_folder
from tests.results.conftest import make_cell as make_cell
from tests.results.conftest import runs as runs

WORDS = ["river", "stone", "cloud", "maple", "candle", "window", "garden", "silver"]
ROWS = [{"id": f"s{number:02}", "text": " ".join(WORDS)} for number in range(20)]

Wrong = Callable[[int], int]


@pytest.fixture
def checked(make_cell: Any, runs: Path) -> Callable[..., list[Check]]:
    """``checked(old, new, allowed)``: the gate over runs in which sample n has that many wrong words of eight."""

    def check(old: Wrong, new: Wrong, **allowed: float) -> list[Check]:
        for name, wrong in (("old", old), ("new", new)):
            answers = {row["id"]: " ".join(["wrong"] * wrong(n) + WORDS[wrong(n) :]) for n, row in enumerate(ROWS)}
            score_cell(make_cell("m", ROWS, answers, run=name), name)
        return gate(run_folder(runs, "new"), run_folder(runs, "old"), allowed)

    return check


def test_a_clear_loss_fails_and_says_how_much(checked: Any) -> None:
    [found] = checked(lambda n: n % 2, lambda n: 2 + n % 2, wer=0.01)
    assert (found.state, found.loss) == ("failed", pytest.approx(0.25))
    assert found.because.startswith("worse by 25.0 points on 20 samples (p ")
    assert found.because.endswith("1.0 points are allowed")


def test_a_loss_that_is_allowed_passes(checked: Any) -> None:
    assert checked(lambda n: n % 2, lambda n: 2 + n % 2, wer=0.3)[0].state == "passed"


def test_a_loss_that_chance_explains_passes(checked: Any) -> None:
    [found] = checked(lambda n: n % 3, lambda n: 2 if n == 0 else n % 3, wer=0.0)
    assert found.state == "passed"
    assert "which chance explains" in found.because


def test_a_gain_passes(checked: Any) -> None:
    [found] = checked(lambda n: 3, lambda n: 0, wer=0.0)
    assert found.state == "passed" and found.because.startswith("better or equal by 37.5 points")


def test_what_cannot_be_compared_is_skipped_with_its_reason(make_cell: Any, runs: Path) -> None:
    answers = {row["id"]: row["text"] for row in ROWS}
    score_cell(make_cell("m", ROWS, answers, run="old"), "old")
    score_cell(make_cell("m", ROWS, answers, run="new", dataset_revision="2"), "new")
    [found] = gate(run_folder(runs, "new"), run_folder(runs, "old"), {"wer": 0.0})
    assert found.state == "skipped" and "did not answer the same questions" in found.because


def test_a_condition_is_compared_with_itself(make_cell: Any, runs: Path) -> None:
    """Clean sound got no worse, noise did: the noisy run is held against the old noisy one, not against the old clean one."""
    noisy = {"perturbation": "noise:5", "perturbation_revision": "1"}
    for name, clean, perturbed in (("old", 0, 3), ("new", 0, 5)):
        for wrong, changes in ((clean, {}), (perturbed, noisy)):
            answers = {row["id"]: " ".join(["wrong"] * wrong + WORDS[wrong:]) for row in ROWS}
            score_cell(make_cell("m", ROWS, answers, run=name, **changes), name)
    found = {check.dataset: check for check in gate(run_folder(runs, "new"), run_folder(runs, "old"), {"wer": 0.01})}
    assert {name: (check.state, check.loss) for name, check in found.items()} == {
        "d": ("passed", pytest.approx(0.0)),
        "d~noise-5": ("failed", pytest.approx(0.25)),
    }
    assert 'classname="d~noise-5.m"' in junit(list(found.values()), "n")


def test_a_new_condition_is_held_against_nothing(make_cell: Any, runs: Path) -> None:
    answers = {row["id"]: row["text"] for row in ROWS}
    for name in ("old", "new"):
        score_cell(make_cell("m", ROWS, answers, run=name), name)
    score_cell(make_cell("m", ROWS, {}, run="new", perturbation="gsm", perturbation_revision="1"), "new")
    assert [check.dataset for check in gate(run_folder(runs, "new"), run_folder(runs, "old"), {"wer": 0.0})] == ["d"]


def test_wrong_questions_are_refused(checked: Any, make_cell: Any, runs: Path) -> None:
    with pytest.raises(BadConfig, match=r"has a metric 'werr' \(did you mean 'wer'\?\)"):
        checked(lambda n: 0, lambda n: 0, werr=0.0)
    make_cell("another", ROWS, {}, run="third")
    with pytest.raises(BadConfig, match="hold no model on the same dataset"):
        gate(run_folder(runs, "third"), run_folder(runs, "old"), {"wer": 0.0})


def test_junit_counts_and_escapes(checked: Any) -> None:
    text = junit(checked(lambda n: 0, lambda n: 3, wer=0.0, cer=0.9), 'new against <old> & "older"')
    suite = ElementTree.fromstring(text)
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "0")
    assert suite.get("name") == 'new against <old> & "older"'
    assert [case.get("name") for case in suite if case.find("failure") is not None] == ["wer"]

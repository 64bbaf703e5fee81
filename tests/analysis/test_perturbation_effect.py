"""Retention against numbers counted by hand, and against SciPy's bootstrap."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from model_lab.analysis.perturbation_effect import CleanScores, PerturbationEffect, accuracy_scale
from model_lab.capabilities import capability
from model_lab.errors import StoreError
from model_lab.results import scoring
from model_lab.results.scoring import components, score_cell
from model_lab.results.store import ResultCell
from tests.paired_bootstrap import paired_bootstrap
from tests.results.conftest import make_cell as make_cell
from tests.results.conftest import make_record as make_record
from tests.results.conftest import make_session as make_session
from tests.results.conftest import runs as runs
from tests.results.conftest import with_metrics as with_metrics

WER = capability("asr").metric("wer")
WORDS = ["river", "stone", "cloud", "maple", "candle", "window", "garden", "silver"]
ROWS = [{"id": f"s{n:02}", "group": f"g{n:02}", "text": " ".join(WORDS)} for n in range(40)]
NOISE = {"perturbation": "noise:5", "perturbation_revision": "1"}

Errors = Callable[[int], int | None]


@pytest.fixture
def scored(make_cell: Any) -> Callable[..., ResultCell]:
    """``scored(errors)``: a scored cell in which sample n has ``errors(n)`` wrong words of 8; None fails it."""

    def make(errors: Errors, **changes: Any) -> ResultCell:
        answers = {
            row["id"]: ValueError("no") if (wrong := errors(n)) is None else " ".join(["wrong"] * wrong + WORDS[wrong:])
            for n, row in enumerate(ROWS)
        }
        cell: ResultCell = make_cell("m", ROWS, answers, **changes)
        score_cell(cell, "r")
        return cell

    return make


def found(scored: Any, before: Errors, after: Errors) -> PerturbationEffect:
    return CleanScores(scored(before), WER).effect(scored(after, **NOISE))


def test_an_error_rate_keeps_what_its_accuracy_keeps(scored: Any) -> None:
    """1 wrong word of 8 clean, 3 perturbed: 12.5 % and 37.5 %; 7 words of 8 right become 5 of 8."""
    kept = found(scored, lambda n: 1, lambda n: 3)
    assert (kept.clean, kept.perturbed, kept.n_common, kept.lost) == (0.125, 0.375, 40, 0)
    assert kept.change is not None and kept.change.difference == pytest.approx(0.25)
    assert kept.retained == pytest.approx(5 / 7)
    assert (kept.low, kept.high) == (pytest.approx(5 / 7), pytest.approx(5 / 7))


def test_the_change_is_the_paired_bootstrap(scored: Any) -> None:
    rng = np.random.default_rng(1)
    wrong = rng.integers(0, 4, (2, 40))
    before, after = scored(lambda n: int(wrong[0, n])), scored(lambda n: int(wrong[0, n] + wrong[1, n]), **NOISE)
    parts = [[line.components["wer"] for line in components(cell)] for cell in (after, before)]
    kept = CleanScores(before, WER).effect(after)
    assert kept.change == paired_bootstrap(WER.value, *parts, [row["group"] for row in ROWS])
    assert kept.change is not None and kept.change.p is not None and kept.change.p < 0.05


def test_the_interval_of_the_share_is_that_of_scipy(scored: Any) -> None:
    """Every sample is a cluster of 8 words: SciPy's percentile interval of the ratio, at levels moved out for 40 clusters alike."""
    rng = np.random.default_rng(2)
    wrong = rng.integers(0, 3, (2, 40))
    kept = found(scored, lambda n: int(wrong[0, n]), lambda n: int(wrong[0, n] + wrong[1, n]))
    right = 8.0 - np.array([wrong[0], wrong[0] + wrong[1]])
    tail = stats.norm.cdf(np.sqrt(40 / 39) * stats.t.ppf(0.025, 39))
    expected = stats.bootstrap(
        (right[1], right[0]),
        lambda after, before, axis: after.sum(axis) / before.sum(axis),
        paired=True,
        method="percentile",
        confidence_level=1 - 2 * tail,
        n_resamples=20_000,
        rng=3,
    ).confidence_interval
    assert kept.retained == pytest.approx(right[1].sum() / right[0].sum())
    assert (kept.low, kept.high) == (pytest.approx(expected.low, abs=0.01), pytest.approx(expected.high, abs=0.01))


def test_higher_is_better_is_divided_as_it_is(scored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    accuracy = dataclasses.replace(
        WER, name="accuracy", higher_is_better=True, best=1.0, worst=0.0, value=lambda pooled: 1 - WER.value(pooled)
    )
    changed = dataclasses.replace(capability("asr"), metrics=(accuracy,), grading=None)
    monkeypatch.setattr(scoring, "capability", lambda name: changed)
    kept = CleanScores(scored(lambda n: 1), accuracy).effect(scored(lambda n: 3, **NOISE))
    assert kept.retained == pytest.approx(5 / 7) and kept.change is not None and kept.change.difference == pytest.approx(-0.25)


def test_scales_without_a_zero_have_no_share() -> None:
    assert accuracy_scale(capability("enhance").metric("si_sdr")) is None
    assert accuracy_scale(capability("enhance").metric("pesq")) is None
    assert accuracy_scale(capability("formants").metric("f1_f2_error")) is None
    assert accuracy_scale(capability("classify").primary) is not None and accuracy_scale(capability("vad").primary) is not None


def test_an_accuracy_is_never_below_nothing(scored: Any) -> None:
    """Twice as many words as were said: a word error rate above 1."""
    scale = accuracy_scale(WER)
    assert scale is not None and scale(np.array([0.25, 1.5])).tolist() == [0.75, 0.0]
    kept = found(scored, lambda n: 8, lambda n: 8)
    assert (kept.clean, kept.retained, kept.low) == (1.0, None, None)


def test_only_samples_scored_both_ways_count_and_the_lost_are_counted(scored: Any) -> None:
    kept = found(scored, lambda n: None if n < 4 else 1, lambda n: None if n >= 30 else 2)
    assert (kept.n_common, kept.lost) == (26, 10)
    assert (kept.clean, kept.perturbed) == (0.125, 0.25)


def test_where_nothing_can_be_compared_there_is_a_reason(scored: Any, make_cell: Any, make_session: Any) -> None:
    kept = found(scored, lambda n: 1, lambda n: None)
    assert kept.clean is kept.change is kept.retained is None and kept.lost == 40
    assert "all 40 answers failed" in kept.note
    absent = make_cell("m", ROWS, {}, **{**NOISE, "perturbation": "gsm"})
    absent.sessions.append(make_session(worker_pid=0, ended="babble needs more data"))
    score_cell(absent, "r")
    assert "babble needs more data" in CleanScores(scored(lambda n: 1), WER).effect(absent).note


def test_one_yardstick_serves_several_conditions(scored: Any) -> None:
    clean, noisy, quiet = (
        scored(lambda n: n % 2),
        scored(lambda n: 3, **NOISE),
        scored(lambda n: n % 3, **{**NOISE, "perturbation": "gsm"}),
    )
    yardstick = CleanScores(clean, WER)
    assert [yardstick.effect(cell) for cell in (noisy, quiet)] == [
        CleanScores(clean, WER).effect(cell) for cell in (noisy, quiet)
    ]


@pytest.mark.parametrize("changes", [{"options": {"beam": 2}}, {"dataset_revision": "2"}, {"model_revision": "2"}, {"seed": 1}])
def test_cells_that_differ_in_more_are_not_compared(scored: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(StoreError, match="differ in more than the perturbation"):
        CleanScores(scored(lambda n: 1), WER).effect(scored(lambda n: 2, **NOISE, **changes))


def test_two_perturbed_cells_are_not_compared(scored: Any) -> None:
    cells = [scored(lambda n: 1, **NOISE), scored(lambda n: 1, **{**NOISE, "perturbation": "gsm"})]
    with pytest.raises(StoreError, match="differ in more"):
        CleanScores(cells[0], WER).effect(cells[1])

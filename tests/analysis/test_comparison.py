"""Comparisons on common samples, against the statistics they are made of."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from model_lab.analysis.comparison import Comparison, compare
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
ROWS = [{"id": f"s{n:02}", "group": f"g{n // 2}", "text": " ".join(WORDS)} for n in range(40)]


def said(errors: int) -> str:
    return " ".join(["wrong"] * errors + WORDS[errors:])


@pytest.fixture
def scored(make_cell: Any) -> Callable[..., ResultCell]:
    """``scored(model, errors)``: a scored cell in which sample n has ``errors(n)`` wrong words of 8; None fails it."""

    def make(model: str, errors: Callable[[int], int | None], **changes: Any) -> ResultCell:
        answers = {row["id"]: ValueError("no") if errors(n) is None else said(errors(n) or 0) for n, row in enumerate(ROWS)}
        cell: ResultCell = make_cell(model, ROWS, answers, **changes)
        score_cell(cell, "r")
        return cell

    return make


def ranks(comparison: Comparison) -> dict[str, int | None]:
    return {standing.system: standing.rank for standing in comparison.standings}


def test_the_clearly_better_leads_and_equals_share_a_rank(scored: Any) -> None:
    cells = {
        "worst": scored("worst", lambda n: 5 + n % 3),
        "middle": scored("middle", lambda n: 2 + n % 2),
        "twin": scored("twin", lambda n: 2 + (n + 1) % 2),
        "best": scored("best", lambda n: n % 2),
    }
    found = compare(cells, WER)
    assert ranks(found) == {"best": 1, "middle": 2, "twin": 2, "worst": 3}
    assert [standing.value for standing in found.standings] == pytest.approx([0.0625, 0.3125, 0.3125, 239 / 320])
    assert (found.metric, found.n_common, found.n_groups) == ("wer", 40, 20)
    assert len(found.pairs) == 6
    twins = next(pair for pair in found.pairs if {pair.better, pair.worse} == {"middle", "twin"})
    assert (twins.measured.difference, twins.p, twins.significant) == (0.0, 1.0, False)


def test_pairs_are_the_paired_bootstrap_with_holms_correction(scored: Any) -> None:
    """The smallest of three p is tripled; a difference is better less worse, so negative for an error rate."""
    rng = np.random.default_rng(3)
    noise = {name: rng.integers(0, 4, 40) for name in "abc"}
    cells = {name: scored(name, lambda n, name=name: int(noise[name][n]) + (name == "c")) for name in "abc"}
    found = compare(cells, WER)
    raw, corrected = [], []
    for pair in found.pairs:
        better, worse = ([line.components["wer"] for line in components(cells[name])] for name in (pair.better, pair.worse))
        expected = paired_bootstrap(WER.value, better, worse, [row["group"] for row in ROWS])
        assert pair.measured == expected
        assert pair.measured.difference <= 0
        assert expected.p is not None and pair.p is not None
        raw.append(expected.p)
        corrected.append(pair.p)
    assert min(corrected) == pytest.approx(min(1.0, 3 * min(raw)))
    assert all(after >= before for before, after in zip(raw, corrected, strict=True))


def test_higher_is_better_turns_the_order(scored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    accuracy = dataclasses.replace(WER, name="accuracy", higher_is_better=True, value=lambda pooled: 1 - WER.value(pooled))
    changed = dataclasses.replace(capability("asr"), metrics=(accuracy,), grading=None)
    monkeypatch.setattr(scoring, "capability", lambda name: changed)
    found = compare({"bad": scored("bad", lambda n: 4), "good": scored("good", lambda n: n % 2)}, accuracy)
    assert ranks(found) == {"good": 1, "bad": 2}
    assert found.pairs[0].better == "good" and found.pairs[0].measured.difference > 0


def test_failing_on_the_hard_samples_wins_nothing(scored: Any) -> None:
    """``picky`` fails on the half of the samples that are hard and shines on the rest; there, ``steady`` is better."""
    picky = scored("picky", lambda n: 1 if n % 2 else None)
    steady = scored("steady", lambda n: 0 if n % 2 else 6)
    own = {cell: cell.outcome().scores[0].value for cell in (picky, steady)}
    assert own[picky] < own[steady]
    found = compare({"picky": picky, "steady": steady}, WER)
    assert ranks(found) == {"steady": 1, "picky": 2}
    assert found.n_common == 20 and found.pairs[0].significant
    assert {standing.system: standing.n_scored for standing in found.standings} == {"steady": 40, "picky": 20}


def test_a_system_with_few_answers_does_not_take_the_others_samples_away(scored: Any) -> None:
    cells = {
        "full": scored("full", lambda n: 1),
        "other": scored("other", lambda n: 4),
        "stub": scored("stub", lambda n: None if n > 2 else 0),
    }
    found = compare(cells, WER)
    assert ranks(found) == {"full": 1, "other": 2, "stub": None}
    stub = found.standings[-1]
    assert (stub.value, stub.n_scored, stub.note) == (
        None,
        3,
        "scored on 3 samples where another system has 40: too few to compare",
    )
    assert found.n_common == 40


def test_a_failed_model_is_listed_with_the_reason(scored: Any) -> None:
    found = compare({"dead": scored("dead", lambda n: None), "live": scored("live", lambda n: 1)}, WER)
    assert ranks(found) == {"live": 1, "dead": None}
    assert found.standings[-1].note == "no sample could be scored by wer"


def test_systems_without_a_common_sample_are_not_compared(scored: Any) -> None:
    found = compare(
        {"even": scored("even", lambda n: None if n % 2 else 0), "odd": scored("odd", lambda n: 0 if n % 2 else None)}, WER
    )
    assert ranks(found) == {"even": None, "odd": None}
    assert {standing.note for standing in found.standings} == {"no samples in common with the other systems"}
    assert (found.n_common, found.pairs) == (0, ())


def test_one_or_no_system(scored: Any) -> None:
    alone = compare({"only": scored("only", lambda n: 1)}, WER)
    assert ranks(alone) == {"only": 1} and alone.pairs == ()
    assert compare({}, WER).standings == ()


def test_too_few_groups_are_never_significant(make_cell: Any) -> None:
    cells = {}
    for name, answer in (("good", said(0)), ("bad", said(8))):
        cells[name] = make_cell(name, ROWS[:10], {row["id"]: answer for row in ROWS[:10]})
        score_cell(cells[name], "r")
    found = compare(cells, WER)
    assert ranks(found) == {"bad": 1, "good": 1}
    pair = found.pairs[0]
    assert (pair.better, pair.p, pair.significant) == ("good", None, False)
    assert "5 groups in common, at least 6 are needed" in pair.measured.note


def test_not_scored_and_scored_by_another_version(scored: Any, make_cell: Any) -> None:
    unscored = make_cell("new", ROWS, {})
    found = compare({"new": unscored, "old": scored("old", lambda n: 1)}, dataclasses.replace(WER, version=WER.version + 1))
    notes = {standing.system: standing.note for standing in found.standings}
    assert notes == {
        "new": "not scored by wer; run: model-lab score",
        "old": f"scored by version {WER.version} of wer, which is now {WER.version + 1}; run: model-lab score",
    }


def test_comparing_needs_neither_answers_nor_sound(scored: Any) -> None:
    cells = {"a": scored("a", lambda n: 1), "b": scored("b", lambda n: 4)}
    before = compare(cells, WER)
    for cell in cells.values():
        cell.answers.path.unlink()
        (cell.folder / "questions.jsonl").unlink()
        shutil.rmtree(cell.artifacts, ignore_errors=True)
    assert compare(cells, WER) == before


def test_the_order_of_the_systems_does_not_matter(scored: Any) -> None:
    cells = {name: scored(name, lambda n, k=k: (n + k) % 3) for k, name in enumerate("abc")}
    assert compare(dict(reversed(cells.items())), WER) == compare(cells, WER)


def test_a_perturbed_system_is_not_compared_with_a_clean_one(scored: Any) -> None:
    noisy = {"perturbation": "noise:5", "perturbation_revision": "1"}
    cells = {"a": scored("a", lambda n: 1), "b": scored("b", lambda n: 2, **noisy), "c": scored("c", lambda n: 1, **noisy)}
    with pytest.raises(StoreError, match="were evaluated on different data"):
        compare({name: cells[name] for name in "ab"}, WER)
    assert ranks(compare({name: cells[name] for name in "bc"}, WER)) == {"c": 1, "b": 2}


def test_other_questions_are_refused(scored: Any) -> None:
    cells = {"a": scored("a", lambda n: 1), "b": scored("b", lambda n: 1, dataset_revision="2")}
    with pytest.raises(StoreError, match="were evaluated on different data"):
        compare(cells, WER)

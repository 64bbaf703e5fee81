"""Whether ranks and grades hold on other data, on runs made by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from model_lab.analysis.held_out import _side
from model_lab.analysis.scorecard import entries, scorecards
from model_lab.analysis.verification import Side, Verification, kendall, verify
from model_lab.capabilities import capability
from model_lab.results.store import RunFolder
from tests.scored_run import TEXT, Answer, cell_maker, dataset_card, model_card, new_folder

MODELS = ("good", "fair", "poor")


def wrong_in(share: float) -> Answer:
    """Answers with about that share of wrong words: of the samples, by their number."""
    return lambda number: TEXT if (number * 7) % 24 >= 24 * share else "something else entirely"


def side(folder: RunFolder, **answers: Answer) -> Side:
    make = cell_maker(folder)
    for name, answer in answers.items():
        make(name, answer)
    [card] = scorecards(entries(folder)[0], [model_card(name) for name in answers], [dataset_card()])
    return _side(folder, card, card.tables[0])


def checked(tmp_path: Path, before: tuple[float, ...], after: tuple[float, ...]) -> Verification:
    sides = [
        side(new_folder(tmp_path / place), **dict(zip(MODELS, map(wrong_in, shares), strict=True)))
        for place, shares in (("before", before), ("after", after))
    ]
    return verify("old", "asr", capability("asr").primary, *sides, MODELS)


def test_the_same_scores_hold(tmp_path: Path) -> None:
    found = checked(tmp_path, (0.0, 0.5, 1.0), (0.0, 0.5, 1.0))
    assert found.tau == 1.0 and found.inside == (3, 3) and found.letters["same"] == sum(found.letters.values())
    assert (found.holds, found.count("confirmed"), len(found.pairs)) == ("yes", 3, 3)
    assert found.verdict.startswith("The ranks hold: 3 of 3")
    assert found.tau_interval.low is not None and found.tau_interval.low <= 1.0 == found.tau_interval.high


def test_reversed_ranks_do_not_hold(tmp_path: Path) -> None:
    found = checked(tmp_path, (0.0, 0.5, 1.0), (1.0, 0.5, 0.0))
    assert found.tau == -1.0 and found.count("contradicted") == 3 and found.holds == "no"
    assert "3 reversed" in found.verdict
    [first] = [pair for pair in found.pairs if (pair.better, pair.worse) == ("good", "poor")]
    assert first.before < 0 < (first.after or 0)


def test_what_the_other_data_cannot_tell_is_open(tmp_path: Path) -> None:
    found = checked(tmp_path, (0.0, 0.5, 1.0), (0.0, 0.0, 1.0))
    assert found.holds == "open" and found.count("open") == 1 and found.count("confirmed") == 2
    assert "1 cannot be decided" in found.verdict
    nothing = checked(tmp_path / "two", (0.5, 0.5, 0.5), (0.0, 0.5, 1.0))
    assert nothing.tau is None and not nothing.pairs and "no significant difference" in nothing.verdict
    assert any("not defined" in line for line in nothing.lines())


def test_what_it_says_is_what_json_says(tmp_path: Path) -> None:
    found = checked(tmp_path, (0.0, 0.5, 1.0), (0.0, 0.25, 1.0))
    plain = found.plain()
    assert plain["tau_b"]["value"] == found.tau and plain["tau_b"]["n"] == 3
    assert plain["inside"] == {"inside": found.inside[0], "n": 3}
    assert [row["model"] for row in found.rows()] == [model["model"] for model in plain["models"]] == list(MODELS)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=12))
def test_kendall_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    theirs = scipy.stats.kendalltau(first, second).statistic
    assert kendall(first, second) == pytest.approx(theirs, nan_ok=True)


def test_a_value_that_is_not_finite_gives_none() -> None:
    assert math.isnan(kendall(np.array([1.0, math.nan, 2.0]), np.array([1.0, 2.0, 3.0])))

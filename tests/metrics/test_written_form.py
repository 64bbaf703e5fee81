"""Punctuation and capitals against independent counts."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from model_lab.metrics import written_form
from model_lab.metrics._base import pool
from model_lab.types import Transcript

MARKS = ".,?!"
tokens = st.lists(st.sampled_from(["a", "b", "c", ".", ",", "?"]), max_size=6)


def written(parts: list[str]) -> str:
    """Tokens as a text in which every mark stands alone."""
    return " ".join(parts)


def best_alignments(expected: list[str], recognised: list[str]) -> tuple[int, set[tuple[int, int, int, int]]]:
    """The fewest edits with marks equal to each other, and what every alignment with them counts of marks: (C, S, D, I)."""

    def same(one: str, other: str) -> bool:
        return (one in MARKS and other in MARKS) or one == other

    def add(found: tuple[int, set[tuple[int, ...]]], cost: int, counts: tuple[int, ...]) -> tuple[int, set[tuple[int, ...]]]:
        return found[0] + cost, {tuple(map(sum, zip(one, counts, strict=True))) for one in found[1]}

    ways: dict[tuple[int, int], tuple[int, set[tuple[int, ...]]]] = {(0, 0): (0, {(0, 0, 0, 0)})}
    for i in range(len(expected) + 1):
        for j in range(len(recognised) + 1):
            options = []
            if i:
                options.append(add(ways[i - 1, j], 1, (0, 0, expected[i - 1] in MARKS, 0)))
            if j:
                options.append(add(ways[i, j - 1], 1, (0, 0, 0, recognised[j - 1] in MARKS)))
            if i and j:
                one, other = expected[i - 1], recognised[j - 1]
                both = one in MARKS and other in MARKS
                counts = (both and one == other, both and one != other, one in MARKS and not both, other in MARKS and not both)
                options.append(add(ways[i - 1, j - 1], not same(one, other), counts))
            if options:
                least = min(cost for cost, _ in options)
                ways[i, j] = least, set().union(*(found for cost, found in options if cost == least))
    return ways[len(expected), len(recognised)]  # type: ignore[return-value]


@given(tokens.filter(lambda parts: any(part in MARKS for part in parts)), tokens)
def test_marks_are_counted_as_an_optimal_alignment_counts_them(expected: list[str], recognised: list[str]) -> None:
    parts = written_form.punctuation_components(Transcript(written(expected)), Transcript(written(recognised)))
    counts = tuple(int(parts[kind]) for kind in ("correct", "substitutions", "deletions", "insertions"))
    assert counts in best_alignments(expected, recognised)[1]
    assert parts["marks"] == sum(part in MARKS for part in expected)


def test_the_rate_of_a_corpus_is_by_hand() -> None:
    pairs = [("Yes, I do.", "Yes I do."), ("Is it?", "is it."), ("Come here", "come, here.")]
    parts = [written_form.PUNCTUATION_ERROR_RATE.components(Transcript(one), Transcript(other)) for one, other in pairs]
    assert not written_form.PUNCTUATION_ERROR_RATE.counts(parts[2])  # a reference without punctuation says nothing
    assert written_form.PUNCTUATION_ERROR_RATE.value(pool(parts)) == pytest.approx(2 / 3)  # one right, one missing, one other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("好。", "好."),
        ("早上好，你好！", "早上好,你好!"),
        ("हाँ।", "हाँ."),
        ("هل؟", "هل?"),
        ("Wait...", "Wait."),
        ("¿Qué?", "Qué?"),
    ],
)
def test_marks_of_other_scripts_are_the_same_marks(one: str, other: str) -> None:
    assert written_form.PUNCTUATION_ERROR_RATE.score(Transcript(one), Transcript(other)) == 0.0


def test_quotes_and_brackets_are_no_marks() -> None:
    assert written_form.words_and_marks('"Well," she (Ann) said; - go.') == ["Well", ",", "she", "Ann", "said", "go", "."]


@given(st.lists(st.tuples(st.sampled_from(["ann", "rome", "usa", "is"]), st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_capitals_of_the_same_words_are_scikit_learns_f1(words: list[tuple[str, bool, bool]]) -> None:
    truth = " ".join(word.capitalize() if capital else word for word, capital, _ in words)
    answer = " ".join(word.capitalize() if capital else word for word, _, capital in words)
    parts = written_form.capital_components(Transcript(truth), Transcript(answer))
    cased = truth != truth.lower()
    if not cased:
        assert not any(parts.values())
        return
    value = written_form.CAPITALISATION_F1.value(parts)
    expected = f1_score([capital for _, capital, _ in words], [capital for _, _, capital in words], zero_division=math.nan)
    assert value == pytest.approx(expected, nan_ok=True)


def test_a_capital_in_another_place_is_missed_and_extra() -> None:
    assert written_form.capital_components(Transcript("my iPhone"), Transcript("my Iphone")) == {
        "right": 0,
        "missed": 1,
        "extra": 1,
    }


@pytest.mark.parametrize("reference", ["THE CAT SAT", "the cat sat", "今天很好", ""])
def test_references_without_case_say_nothing(reference: str) -> None:
    parts = written_form.CAPITALISATION_F1.components(Transcript(reference), Transcript("The cat SAT 今天很好"))
    assert not written_form.CAPITALISATION_F1.counts(parts)


def test_words_that_are_not_recognised_do_not_count() -> None:
    parts = written_form.capital_components(Transcript("Ann met Bob there"), Transcript("Ann met Rob there"))
    assert Counter(parts) == {"right": 1.0, "missed": 0.0, "extra": 0.0}

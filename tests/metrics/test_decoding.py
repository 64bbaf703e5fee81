"""Loops and truncations against brute force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.metrics import decoding
from model_lab.metrics._base import pool
from model_lab.types import Transcript

SPOKEN = "please hold the line while we look for somebody who can help you with your new account today"
words = st.lists(st.sampled_from("ab"), max_size=14)


def runs(listed: list[str]) -> dict[tuple[str, ...], int]:
    """Every phrase of up to ten words that is no repetition of a shorter one -> its longest run, by trying all."""
    found = {}
    for size in range(1, 11):
        for start in range(len(listed) - size + 1):
            phrase = listed[start : start + size]
            if any(phrase == phrase[:part] * (size // part) for part in range(1, size) if size % part == 0):
                continue
            turns = 1
            while listed[start : start + (turns + 1) * size] == phrase * (turns + 1):
                turns += 1
            found[tuple(phrase)] = max(found.get(tuple(phrase), 0), turns)
    return found


@given(words, words)
def test_loops_are_those_of_brute_force(truth: list[str], answer: list[str]) -> None:
    said = runs(truth)
    looped = any(turns >= max(4, 2 * said.get(phrase, 0)) for phrase, turns in runs(answer).items())
    parts = decoding.loop_components(Transcript(" ".join(truth), language="de"), Transcript(" ".join(answer)))
    assert parts == {"looped": float(looped), "recordings": 1.0}


@given(words)
def test_repeated_phrases_are_among_those_of_brute_force(answer: list[str]) -> None:
    every = runs(answer)
    assert {phrase: turns for phrase, turns in decoding.repeated(answer).items() if every[phrase] == turns} == decoding.repeated(
        answer
    )
    assert all(decoding.longest_run(answer, phrase) == turns for phrase, turns in every.items())


def test_a_loop_on_silence_counts_and_one_sentence_does_not() -> None:
    values = [
        decoding.LOOPS.components(Transcript(truth), Transcript(answer))
        for truth, answer in (
            ("", "Thank you. " * 5),
            ("", "Thank you."),
            (SPOKEN, SPOKEN),
            ("bye bye bye bye", "Bye bye bye bye."),
        )
    ]
    assert [part["looped"] for part in values] == [1, 0, 0, 0]
    assert decoding.LOOPS.value(pool(values)) == 0.25


def distance(one: list[str], other: list[str]) -> int:
    row = list(range(len(other) + 1))
    for i, wanted in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, given_word in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (wanted != given_word))
    return row[-1]


@given(words, words)
def test_the_nearest_beginning_is_that_of_brute_force(truth: list[str], answer: list[str]) -> None:
    wrong = [distance(truth[:end], answer) for end in range(len(truth) + 1)]
    best = max(end for end, errors in enumerate(wrong) if errors == min(wrong))
    assert decoding.missing_words(truth, answer) == (len(truth) - best, wrong[best])


@pytest.mark.parametrize(
    ("answer", "truncated"),
    [
        (SPOKEN, 0),
        ("please hold the line while we look", 1),
        ("please hold a line while you look for", 1),
        ("please hold the line while we look for somebody who can help you with your", 0),  # four words are missing
        ("with your new account today", 0),  # the beginning is missing, not the end
        ("something else", 0),
        ("", 0),
    ],
)
def test_truncations(answer: str, truncated: int) -> None:
    assert decoding.truncation_components(Transcript(SPOKEN), Transcript(answer)) == {"truncated": truncated, "recordings": 1}


def test_silence_cannot_be_truncated() -> None:
    assert not decoding.TRUNCATIONS.counts(decoding.TRUNCATIONS.components(Transcript(""), Transcript("")))

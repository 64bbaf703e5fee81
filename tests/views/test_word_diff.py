from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_lab.metrics.phones import phone_components
from model_lab.metrics.text import letters_are_words, word_components
from model_lab.types import Transcript
from model_lab.views.word_diff import DiffStep, Token, aligned, spoken_phones, words

_WORDS = st.lists(
    st.sampled_from(
        ["the", "The", "cat", "can't", "twenty", "five", "20", "Mr.", "uh", "colour", "café", "<b>", "-", "sat.", "日本"]
    ),
    max_size=9,
).map(" ".join)
_PHONES = st.lists(st.sampled_from(["t͡ʃ", "ˈiː", "ʌ", "ə", "h", "oʊ", "ʒ", "ʃ", "k", "ː"]), max_size=9).map(" ".join)
_COUNTED = {"substitute": "substitutions", "delete": "deletions", "insert": "insertions"}


def _counts(pieces: tuple[DiffStep, ...]) -> dict[str, float]:
    return {name: float(sum(piece.kind == kind for piece in pieces)) for kind, name in _COUNTED.items()}


@given(_WORDS, _WORDS, st.sampled_from(["en", "fr", "ja"]))
def test_the_errors_of_a_transcript_are_those_that_its_error_rate_counts(said: str, heard: str, language: str) -> None:
    letters = letters_are_words(Transcript(said, language=language))
    pieces = aligned(words(said, language, letters), words(heard, language, letters))
    scored = word_components(Transcript(said, language=language), Transcript(heard))
    assert {**_counts(pieces), "words": scored["words"]} == scored


@given(_PHONES, _PHONES)
def test_the_errors_of_phones_are_those_that_their_error_rate_counts(said: str, heard: str) -> None:
    pieces = aligned(spoken_phones(said), spoken_phones(heard))
    scored = phone_components(Transcript(said), Transcript(heard))
    assert {**_counts(pieces), "phones": scored["phones"]} == scored


@given(_WORDS, _WORDS)
def test_an_alignment_leaves_no_word_out(said: str, heard: str) -> None:
    sides = words(said), words(heard)
    pieces = aligned(*sides)
    assert [piece.reference for piece in pieces if piece.reference] == [token.written for token in sides[0]]
    assert [piece.hypothesis for piece in pieces if piece.hypothesis] == [token.written for token in sides[1]]


def test_words_are_shown_as_they_were_written_where_they_are_one_word_too() -> None:
    assert words("Twenty five CATS, can't") == (
        Token("25", "25"),
        Token("cats", "CATS,"),
        Token("can", "can"),
        Token("not", "not"),
    )

from __future__ import annotations

from itertools import pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from model_lab.types import Transcript, Word
from model_lab.wording import apart, cut, folded, gaps, joined, tokens, whole

SIGNS = st.sampled_from("ab c1 , . - ' ’ \u0301 今天気 のカー 。「」 ส วั ดี ำ မြ န် ក្ ខ្ 한국 आि ٣ É İ ( )")
MIXED = st.one_of(st.text(SIGNS, max_size=20), st.text(max_size=20))


def timed(text: str, *pieces: str) -> Transcript:
    return Transcript(text, tuple(Word(piece, float(n), n + 1.0) for n, piece in enumerate(pieces)))


def texts(transcript: Transcript) -> list[str]:
    return [word.text for word in whole(transcript)]


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_words_of_ascii_are_runs_of_letters_and_digits(text: str) -> None:
    assert tokens(text) == regex.findall(r"[a-z0-9]+", text.lower().replace("`", "'"))


@given(MIXED)
def test_words_hold_letters_digits_and_their_marks_alone(text: str) -> None:
    for word in tokens(text):
        assert regex.fullmatch(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*", word)
    assert tokens(" ".join(tokens(text))) == tokens(text)


@given(MIXED)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(MIXED)
def test_apart_adds_spaces_alone(text: str) -> None:
    assert apart(text).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", ["今天天气", "สวัสดี", "ひらがなカタカナ", "ありがとう々", "ລາວ"])
def test_letters_apart_are_the_graphemes_of_unicode(text: str) -> None:
    assert apart(text).split() == regex.findall(r"\X", text)


@given(MIXED)
def test_what_is_cut_and_joined_differs_by_spaces_alone(text: str) -> None:
    assert joined(cut(text)).replace(" ", "") == "".join(text.split())


@given(st.lists(st.sampled_from(["ab", "c.", "今天", "好。", "สวัส", "OK", "3", "한국", "don't"]), max_size=8))
def test_words_are_read_back_from_the_text_they_make(words: list[str]) -> None:
    assert texts(timed(joined(words), *words)) == words
    assert [a == "" for a in gaps(words)[1:]] == [joined(pair) == "".join(pair) for pair in pairwise(words)]


def test_a_piece_belongs_to_the_word_that_the_text_has_it_in() -> None:
    assert texts(timed("state-of-the-art $1,000", "state", "-of", "-the", "-art", "$1", ",000")) == ["state-of-the-art", "$1,000"]
    assert texts(timed("aujourd'hui d'avoir", "aujourd", "'hui", "d", "'avoir")) == ["aujourd'hui", "d'avoir"]
    assert texts(timed("un- known", "un-", "known")) == ["un-", "known"]
    assert texts(timed("3.5 to 4", "3", "5", "to", "4")) == ["3.5", "to", "4"]


def test_pieces_that_bring_their_spaces_need_no_text() -> None:
    assert texts(timed("", " post", "-mortem", " of", " it")) == ["post-mortem", "of", "it"]
    assert texts(timed("", "post", "mortem")) == ["post", "mortem"]


def test_a_word_of_pieces_lasts_as_long_as_they_do() -> None:
    (word,) = whole(Transcript("well-known", (Word("well", 1.0, 2.0), Word("-known", 1.5, 1.75))))
    assert (word.start, word.end) == (1.0, 2.0)


def test_scripts_without_spaces_keep_their_pieces() -> None:
    assert texts(timed("今天天气很好。", "今天", "天气", "很好", "。")) == ["今天", "天气", "很好。"]
    assert texts(timed("我用Python写代码", "我", "用", "Python", "写", "代码")) == ["我", "用Python写", "代码"]
    assert joined(texts(timed("我用Python写代码", "我", "用", "Python", "写", "代码"))) == "我用Python写代码"
    assert texts(timed("ดีครับ", "ด", "ี", "ครับ")) == ["ดี", "ครับ"]

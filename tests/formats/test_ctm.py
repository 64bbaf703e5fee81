"""CTM: what is written is read back, by this project and by meeteval; what is not CTM is named."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meeteval.io import CTM

from model_lab.errors import BadManifest
from model_lab.formats import NotRepresentable
from model_lab.formats.ctm import read, words, write
from model_lab.types import Word
from tests.formats.values import ANY_TEXTS, FIELDS, NAMES, by_time, times

WORDS = st.lists(st.builds(lambda text, span: Word(text, *span), FIELDS, times()), min_size=1, max_size=6)


def back(content: str) -> dict[str, tuple[Word, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.ctm"
        path.write_text(content, "utf-8")
        return {name: tuple(_rounded(word) for word in found) for name, found in read(path).items()}


def _rounded(word: Word) -> Word:
    """An end is a start and a duration, added up."""
    return Word(word.text, word.start, round(word.end, 3))


@given(st.dictionaries(NAMES, WORDS, max_size=3))
def test_words_come_back(recordings: dict[str, list[Word]]) -> None:
    read_back = back(write(recordings))
    assert {name: sorted(map(repr, found)) for name, found in read_back.items()} == {
        name: sorted(map(repr, found)) for name, found in recordings.items()
    }
    assert all(list(found) == by_time(found) for found in read_back.values())


@given(st.lists(st.builds(lambda text, span: Word(text, *span), ANY_TEXTS, times()), max_size=6))
def test_any_text_can_be_written_and_is_read_the_same_twice(words: list[Word]) -> None:
    once = back(write({"a": words}))
    assert back(write(once)) == once


@given(WORDS)
def test_meeteval_reads_the_same(words: list[Word]) -> None:
    lines = CTM.parse(write({"call": words}), parse_float=float).lines
    assert sorted((line.word, line.begin_time, round(line.begin_time + line.duration, 3)) for line in lines) == sorted(
        (word.text, word.start, word.end) for word in words
    )


def test_what_meeteval_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.ctm"
    path.write_text(CTM.parse("call A 0.5 0.25 good 0.9\ncall A 1.0 0 day 0.8\n").dumps())
    assert words(path, "call") == (Word("good", 0.5, 0.75), Word("day", 1.0, 1.0))


def test_comments_and_more_fields_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.ctm"
    path.write_text("\ufeff;; sclite\n\nmy_call 1 0.5 0.25 good 0.9 lex ann\r\nother 1 0 1 x\n", "utf-8")
    assert words(path, "my call") == (Word("good", 0.5, 0.75),)
    with pytest.raises(BadManifest, match=r"a.ctm holds my_call, other; expected third \(the name of the sound file\)"):
        words(path, "third")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("call 1 0.5 0.25", "has 4 fields; expected FILE CHANNEL"),
        ("call 1 0.5 0.25 a b c d e", "has 9 fields"),
        ("call 1 0,5 0.25 good", "has '0,5' where a number of seconds is expected"),
        ("call 1 -0.5 0.25 good", "is -0.5--0.25 s; expected 0 <= start <= end"),
        ("call 1 0.5 -0.25 good", "is 0.5-0.25 s"),
        ("call 1 nan 1 good", "is nan-nan s"),
        ("call 1 0 inf good", "is 0-inf s"),
        ("call 1 * * <ALT_BEGIN>", "is about alternatives"),
    ],
)
def test_a_line_that_is_not_ctm_is_named(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "a.ctm"
    path.write_text(f"call 1 0 1 a\n{line}\n")
    with pytest.raises(BadManifest, match=f"a.ctm:2: .*{problem}"):
        read(path)


@pytest.mark.parametrize("name", ["", ";;a", "\x00"])
def test_a_recording_needs_a_name(name: str) -> None:
    with pytest.raises(NotRepresentable, match="a name is expected"):
        write({name: [Word("a", 0, 1)]})

"""What a recogniser and a recogniser of names answered, as words and mentions of a recording."""

from __future__ import annotations

import pytest

from model_lab.pipelines.attribution import utterances
from model_lab.pipelines.conversation import SpokenWord
from model_lab.pipelines.stages import _mentions, _words
from model_lab.pipelines.vad_chunking import SpeechChunk
from model_lab.types import Entity, Segment, Transcript, Word

PIECE = SpeechChunk(10.0, 20.0, (Segment(11.0, 15.0),))


def timed(text: str, *pieces: str) -> Transcript:
    return Transcript(text, tuple(Word(piece, float(n), n + 0.5) for n, piece in enumerate(pieces)))


@pytest.mark.parametrize(
    ("heard", "words", "text"),
    [
        (
            timed("a well-known $1,000", " a", " well", "-known", " $1", ",000"),
            ["a", "well-known", "$1,000"],
            "a well-known $1,000",
        ),
        (timed("今天天气很好。", "今天", "天气", "很好", "。"), ["今天", "天气", "很好。"], "今天天气很好。"),
        (timed("aujourd'hui", "aujourd", "'hui"), ["aujourd'hui"], "aujourd'hui"),
        (Transcript("good day"), ["good", "day"], "good day"),
        (Transcript("很好，OK。"), ["很", "好，OK。"], "很好，OK。"),
    ],
)
def test_words_are_whole_and_put_together_as_their_script_does_it(heard: Transcript, words: list[str], text: str) -> None:
    found = _words(PIECE, heard)
    assert [word.text for word in found] == words
    assert [word.timed for word in found] == [bool(heard.words)] * len(words)
    assert [said.text for said in utterances(found)] == [text]


@pytest.mark.parametrize(
    ("texts", "name"),
    [(["I", "saw", "Rome", "today."], "Rome"), (["我", "去", "北京", "玩。"], "北京"), (["用", "New", "York", "的"], "New York")],
)
def test_names_are_found_at_their_words(texts: list[str], name: str) -> None:
    words = [SpokenWord(text=text, start=float(n), end=n + 0.5) for n, text in enumerate(texts)]
    [said] = utterances(words)
    place = said.text.index(name)
    [found] = _mentions(said, [Entity(name, "GPE", place, place + len(name))], words)
    assert " ".join(texts[found.first : found.last]) == name
    assert (found.start, found.end) == (float(found.first), found.last - 0.5)

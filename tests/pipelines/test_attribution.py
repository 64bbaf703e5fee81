"""Words go to whom they overlap longest, and every word is in exactly one utterance."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_lab.pipelines.attribution import NEAREST_S, attribute, utterances
from model_lab.pipelines.conversation import SpokenWord
from model_lab.types import Turn

TIMES = st.integers(0, 1000).map(lambda value: value / 10)
LENGTHS = st.integers(0, 50).map(lambda value: value / 10)
WORDS = st.lists(st.tuples(TIMES, LENGTHS), max_size=30).map(
    lambda found: [SpokenWord(text=f"w{i}.", start=a, end=a + b) for i, (a, b) in enumerate(sorted(found))]
)
TURNS = st.lists(st.builds(lambda a, b, who: Turn(a, a + b + 0.1, who), TIMES, LENGTHS, st.sampled_from("ABC")), max_size=30)


def _shared(word: SpokenWord, turns: list[Turn], speaker: str) -> float:
    return sum(max(0.0, min(word.end, turn.end) - max(word.start, turn.start)) for turn in turns if turn.speaker == speaker)


def _away(word: SpokenWord, turn: Turn) -> float:
    return max(turn.start - word.end, word.start - turn.end, 0.0)


@given(WORDS, TURNS)
def test_nobody_else_has_more_of_a_word(words: list[SpokenWord], turns: list[Turn]) -> None:
    found = attribute(words, turns)
    assert [word.model_copy(update={"speaker": ""}) for word in found] == words
    for word in found:
        best = max((_shared(word, turns, who) for who in "ABC"), default=0.0)
        if word.speaker:
            assert _shared(word, turns, word.speaker) >= best - 1e-9
            assert min(_away(word, turn) for turn in turns if turn.speaker == word.speaker) <= NEAREST_S
        else:
            assert all(_away(word, turn) > NEAREST_S for turn in turns)


def test_a_word_outside_all_turns_goes_to_the_nearest() -> None:
    turns = [Turn(0.0, 1.0, "A"), Turn(3.0, 4.0, "B")]
    words = [SpokenWord(text="x", start=start, end=start + 0.2) for start in (1.5, 2.3, 4.9, 5.1)]
    assert [word.speaker for word in attribute(words, turns)] == ["A", "B", "B", ""]


def test_a_word_without_length_is_in_the_turn_around_it() -> None:
    assert attribute([SpokenWord(text="x", start=2.0, end=2.0)], [Turn(0.0, 3.0, "A"), Turn(3.0, 9.0, "B")])[0].speaker == "A"


@given(WORDS, TURNS)
def test_every_word_is_in_one_utterance(words: list[SpokenWord], turns: list[Turn]) -> None:
    said = attribute(words, turns)
    found = utterances(said)
    assert [index for each in found for index in range(each.first, each.last)] == list(range(len(words)))
    for each in found:
        own = said[each.first : each.last]
        assert {word.speaker for word in own} == {each.speaker}
        assert each.text == " ".join(word.text for word in own)
        assert each.start == own[0].start and each.end == max(word.end for word in own)


def test_pauses_and_ends_of_sentences_part_utterances() -> None:
    words = [SpokenWord(text=f"w{i}{'.' if i % 10 == 9 else ''}", start=float(i), end=i + 0.9) for i in range(70)]
    assert [(each.first, each.last) for each in utterances(words)] == [(0, 40), (40, 70)]
    apart = [SpokenWord(text="a", start=0.0, end=1.0), SpokenWord(text="b", start=3.0, end=4.0)]
    assert len(utterances(apart)) == 2
    assert utterances(()) == ()

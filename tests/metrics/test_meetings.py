"""Errors over speakers, against meeteval's own numbers and counted by hand."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.errors import BadManifest, NotRunnable
from model_lab.metrics import meetings
from model_lab.metrics._base import pool
from model_lab.metrics.meetings import EntityTruth, Line, WordTruth
from model_lab.pipelines.conversation import Mention
from model_lab.types import Segment


def said(*words):
    """(text, start, speaker) as words of half a second."""
    return tuple(Line(text, start, start + 0.5, speaker) for text, start, speaker in words)


TRUTH = said(("hello", 0, "ann"), ("there", 0.5, "ann"), ("good", 2, "bob"), ("day", 2.5, "bob"), ("bye", 4, "ann"))


def test_a_word_of_the_wrong_speaker_is_wrong_twice():
    answer = said(("hello", 0, "1"), ("there", 0.5, "1"), ("good", 2, "1"), ("day", 2.5, "2"), ("bye", 4, "1"))
    found = meetings.speaker_components(WordTruth(TRUTH), answer)
    assert (found["deletions"], found["insertions"], found["substitutions"], found["words"]) == (1, 1, 0, 5)
    assert meetings.CPWER.value(found) == pytest.approx(0.4)
    assert meetings.ANONYMOUS_WER.score(WordTruth(TRUTH), answer) == 0


def test_speakers_that_are_missed_or_made_up():
    one = tuple(Line(word.text, word.start, word.end, "") for word in TRUTH)
    three = (*TRUTH, *said(("zebra", 9, "eve")))
    assert meetings.speaker_components(WordTruth(TRUTH), one)["missed_speakers"] == 1
    assert meetings.speaker_components(WordTruth(TRUTH), three)["false_speakers"] == 1
    assert meetings.CPWER.score(WordTruth(TRUTH), one) == pytest.approx((2 + 2) / 5)


def test_words_out_of_time_count_for_tcpwer_alone():
    late = tuple(Line(word.text, word.start + 20, word.end + 20, word.speaker) for word in TRUTH)
    assert meetings.CPWER.score(WordTruth(TRUTH), late) == 0
    assert meetings.TCPWER.score(WordTruth(TRUTH), late) == pytest.approx(2.0)
    assert meetings.TCPWER.score(WordTruth(TRUTH), TRUTH) == 0


def test_text_is_normalised_over_words():
    truth = said(("Twenty", 0, "ann"), ("five", 0.5, "ann"), ("can't", 1, "ann"), ("colour?", 1.5, "ann"))
    answer = said(("25", 0, "1"), ("can", 0.5, "1"), ("not", 1, "1"), ("Color", 1.5, "1"), ("—", 2, "2"))
    found = meetings.speaker_components(WordTruth(truth), answer)
    assert meetings.CPWER.value(found) == 0 and found["words"] == 4 and found["false_speakers"] == 0


@pytest.mark.parametrize("metric", [meetings.CPWER, meetings.TCPWER])
def test_nothing_said_and_nothing_heard(metric):
    nothing = metric.components(WordTruth(TRUTH), ())
    assert metric.value(nothing) == 1 and nothing["missed_speakers"] == 2
    made_up = metric.components(WordTruth(()), TRUTH)
    assert (made_up["insertions"], made_up["words"]) == (5, 0)
    assert metric.value(pool([nothing, made_up])) == 2


words = st.lists(
    st.tuples(st.sampled_from(["cat", "dog", "sat", "mat"]), st.integers(1, 3), st.sampled_from(["a", "b", "c"])), max_size=12
)


@given(words, words)
def test_as_meeteval_counts(reference, hypothesis):
    import meeteval

    truth, answer = (_in_order(part) for part in (reference, hypothesis))
    for metric, theirs in (
        (meetings.CPWER, meeteval.wer.cp_word_error_rate),
        (meetings.TCPWER, lambda *sides: meeteval.wer.tcpwer(*sides, collar=meetings.COLLAR_S)["x"]),
    ):
        if not (reference and hypothesis):
            continue
        sides = [meeteval.io.SegLST([_segment(word) for word in part]) for part in (truth, answer)]
        found, expected = metric.components(WordTruth(truth), answer), theirs(*sides)
        errors = found["substitutions"] + found["deletions"] + found["insertions"]
        assert (errors, found["words"]) == (expected.errors, expected.length)


def _in_order(drawn):
    """Words with a pause before each."""
    time, found = 0.0, []
    for text, pause, speaker in drawn:
        time += pause + meetings.PAUSE_S
        found.append(Line(text, time, time + 0.5, speaker))
        time += 0.5
    return tuple(found)


def _segment(word):
    about = {"session_id": "x", "speaker": word.speaker, "words": word.text}
    return about | {"start_time": word.start, "end_time": word.end}


many = st.lists(
    st.tuples(st.sampled_from(["cat", "dog", "sat", "mat"]), st.integers(1, 3), st.sampled_from("abcdef")),
    min_size=4,
    max_size=14,
)


@given(words, many, st.sampled_from([meetings.CPWER, meetings.TCPWER]))
def test_with_more_speakers_than_meeteval_takes_nothing_changes(reference, hypothesis, metric):
    truth, answer = _in_order(reference), _in_order(hypothesis)
    expected = metric.components(WordTruth(truth), answer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meetings, "MOST_SPEAKERS", 3)
        found = metric.components(WordTruth(truth), answer)
    errors = [sum(parts[kind] for kind in ("substitutions", "deletions", "insertions")) for parts in (found, expected)]
    assert errors[0] == errors[1]
    assert all(found[kind] == expected[kind] for kind in ("words", "missed_speakers", "false_speakers"))


def test_a_diarizer_may_make_up_many_speakers():
    answer = [replace(word, speaker=str(number)) for number, word in enumerate(TRUTH * 6)]
    found = meetings.speaker_components(WordTruth(TRUTH), answer)
    assert found["false_speakers"] == 28 and found["insertions"] == 28 and found["deletions"] == 3
    with pytest.raises(BadManifest, match="the reference has 30 speakers; expected at most 20: evaluate the recording in parts"):
        meetings.speaker_components(WordTruth(tuple(answer)), TRUTH)


times = st.tuples(st.floats(0, 30), st.floats(0, 12))
loose = st.lists(st.tuples(st.sampled_from(["cat", "dog", "sat"]), times, st.sampled_from(["a", "b", ""])), max_size=8)


@given(loose, loose)
@pytest.mark.filterwarnings("error")
def test_words_may_overlap_and_take_no_time(reference, hypothesis):
    truth, answer = (
        tuple(Line(text, start, start + length, speaker) for text, (start, length), speaker in sorted(part, key=lambda p: p[1]))
        for part in (reference, hypothesis)
    )
    free, timed = (metric.components(WordTruth(truth), answer) for metric in (meetings.CPWER, meetings.TCPWER))
    assert free["words"] == timed["words"] == len(truth)
    errors = [sum(found[kind] for kind in ("substitutions", "deletions", "insertions")) for found in (free, timed)]
    assert errors[0] <= errors[1] <= len(truth) + len(answer)
    assert meetings.CPWER.components(WordTruth(truth), truth) == free | dict.fromkeys(
        ("substitutions", "deletions", "insertions", "missed_speakers", "false_speakers"), 0
    )


def mention(text, label, start):
    return Mention(text=text, label=label, start=start, end=start + 1, speaker="", first=0, last=1)


def test_entities_are_found_by_label_text_and_time():
    truth = EntityTruth((mention("Ann", "PERSON", 0), mention("Rome", "GPE", 10), mention("Rome", "GPE", 30)))
    answer = [mention("ann.", "PERSON", 3), mention("Rome", "ORG", 10), mention("Rome", "GPE", 31), mention("Rome", "GPE", 50)]
    found = meetings.entity_components(truth, answer)
    assert found == {"true_positives": 2, "false_positives": 2, "false_negatives": 1}
    assert meetings.ENTITY_ERROR.value(found) == pytest.approx(1 - 4 / 7)
    only_people = EntityTruth(truth.entities[:1], frozenset({"PERSON"}))
    assert meetings.ENTITY_ERROR.score(only_people, answer) == 0


def test_where_nobody_looked_nothing_is_wrong():
    truth = EntityTruth((mention("Ann", "PERSON", 0),), marked=(Segment(0, 5), Segment(20, 30)))
    answer = [mention("Ann", "PERSON", 0), mention("Rome", "GPE", 10), mention("Oslo", "GPE", 25)]
    assert meetings.entity_components(truth, answer) == {"true_positives": 1, "false_positives": 1, "false_negatives": 0}


def test_without_meeteval(monkeypatch):
    monkeypatch.setitem(sys.modules, "meeteval", None)
    with pytest.raises(NotRunnable, match=r"run: pip install 'model-lab\[meetings\]'"):
        meetings.CPWER.score(WordTruth(TRUTH), TRUTH)


def test_words_of_speakers_are_counted_as_word_errors_are():
    curly = said(("Don’t", 0, "ann"), ("go", 0.5, "ann"))
    straight = said(("don't", 0, "1"), ("go", 0.5, "1"))
    for tag in ("en", "en-GB", "English"):
        assert (
            meetings.CPWER.score(WordTruth(curly, tag), straight)
            == meetings.ANONYMOUS_WER.score(WordTruth(curly, tag), straight)
            == 0
        )
    chinese = said(("今天", 0, "ann"), ("天气", 0.5, "ann"), ("很好", 2, "bob"))
    answer = said(("今天天气", 0, "1"), ("很坏", 2, "2"))
    assert meetings.CPWER.score(WordTruth(chinese, "zh"), answer) == pytest.approx(1 / 6)
    assert meetings.TCPWER.score(WordTruth(chinese, "zh-CN"), answer) == pytest.approx(1 / 6)
    hindi = said(("दिन", 0, "ann"), ("है", 0.5, "ann"))
    assert meetings.CPWER.score(WordTruth(hindi, "hi"), said(("दीन", 0, "1"), ("है", 0.5, "1"))) == pytest.approx(1 / 2)

from __future__ import annotations

import math
import statistics

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.metrics import streaming
from model_lab.metrics._base import pool
from model_lab.metrics.streaming import SpokenTruth
from model_lab.metrics.text import ReferenceTranscript
from model_lab.types import StreamEvent, StreamTranscript

TRUTH = SpokenTruth(ReferenceTranscript("the cat sat", language="en"), (1.0, 3.0))
NOTHING_SAID = SpokenTruth(ReferenceTranscript("", language="en"), None)
SILENT = StreamTranscript((StreamEvent("", True, 4.0, 4.0),))
LATENCIES = (streaming.FIRST_TOKEN_LATENCY, streaming.FINAL_LATENCY)

texts = st.lists(st.sampled_from(["the", "cat", "sat", "a", "hat"]), max_size=6).map(" ".join)


@st.composite
def streams(draw):
    """Events at rising times, the last one final."""
    steps = draw(st.lists(st.tuples(texts, st.booleans(), st.integers(0, 10), st.integers(0, 5)), min_size=1, max_size=8))
    heard, said, events = 0.0, 0.0, []
    for text, final, more, taken in steps:
        heard += more / 10
        said = max(said, heard) + taken / 10
        events.append(StreamEvent(text, final, heard, said))
    last = events[-1]
    return StreamTranscript((*events[:-1], StreamEvent(last.text, True, last.heard, last.said)))


def told(*events):
    return StreamTranscript(tuple(StreamEvent(*event) for event in events))


def test_the_first_text_counts_from_the_start_of_speech():
    answer = told(("the", False, 1.5, 1.75), ("the cat sat", True, 4.0, 4.5))
    assert streaming.FIRST_TOKEN_LATENCY.score(TRUTH, answer) == 0.75


def test_what_was_said_before_any_speech_was_heard_is_no_first_text():
    guessed = told(
        ("uh", False, 0.9, 0.95), ("uh", False, 1.1, 1.2), ("uh the", False, 1.5, 1.6), ("the cat sat", True, 4.0, 4.0)
    )
    assert streaming.FIRST_TOKEN_LATENCY.score(TRUTH, guessed) == pytest.approx(0.6)
    late = told(("uh", False, 1.0, 1.9), ("the cat sat", True, 4.0, 4.0))
    assert streaming.FIRST_TOKEN_LATENCY.score(TRUTH, late) == 3.0


def test_the_text_is_final_when_it_first_stands_as_a_whole_and_is_called_so():
    answer = told(("the cat sat", False, 2.5, 2.5), ("the cat sat", True, 3.1, 3.25), ("the cat sat", True, 4.0, 4.5))
    assert streaming.FINAL_LATENCY.score(TRUTH, answer) == 0.25
    grown = told(("the cat", True, 3.1, 3.25), ("the cat sat", True, 4.0, 4.5))
    assert streaming.FINAL_LATENCY.score(TRUTH, grown) == 1.5


@pytest.mark.parametrize("metric", LATENCIES)
def test_the_median_counts_silence_as_never(metric):
    answers = [told(("the cat sat", True, 3.0, 3.0 + late)) for late in (1.0, 2.0, 9.0)]
    parts = [metric.components(TRUTH, answer) for answer in answers]
    silent = metric.components(TRUTH, SILENT)
    shift = parts[0]["seconds"][0] - 1.0
    assert metric.value(pool(parts)) == shift + 2.0
    assert metric.value(pool([*parts, silent])) == shift + 5.5
    assert metric.value(pool([parts[0], silent, silent])) == math.inf
    assert metric.score(TRUTH, SILENT) == math.inf


@pytest.mark.parametrize("metric", LATENCIES)
def test_without_speech_there_is_no_latency(metric):
    hallucinated = told(("the cat", True, 2.0, 2.0))
    assert math.isnan(metric.score(NOTHING_SAID, hallucinated))
    assert math.isnan(metric.score(NOTHING_SAID, SILENT))
    spoken = metric.components(TRUTH, told(("the", True, 3.0, 4.0)))
    assert pool([spoken, metric.components(NOTHING_SAID, hallucinated)]) == spoken


def test_what_is_heard_in_silence_shows_as_insertions():
    parts = [
        streaming.WER.components(*pair) for pair in ((NOTHING_SAID, told(("a hat", True))), (TRUTH, told(("the cat", True))))
    ]
    assert streaming.WER.value(pool(parts)) == pytest.approx(1.0)
    assert math.isnan(streaming.WER.score(NOTHING_SAID, SILENT))


@given(streams())
def test_error_rates_are_those_of_the_final_text(answer):
    assert streaming.WER.score(TRUTH, answer) == pytest.approx(jiwer.wer("the cat sat", answer.text))
    assert streaming.CER.score(TRUTH, answer) == pytest.approx(jiwer.cer("the cat sat", answer.text))


@given(st.lists(streams(), min_size=1, max_size=5))
def test_latencies_are_medians_and_no_first_text_comes_before_speech(answers):
    for metric in LATENCIES:
        each = [metric.score(TRUTH, answer) for answer in answers]
        assert metric.value(pool(metric.components(TRUTH, answer) for answer in answers)) == statistics.median(each)
    assert all(streaming.FIRST_TOKEN_LATENCY.score(TRUTH, answer) > 0 for answer in answers)


@given(streams())
def test_erasure_agrees_with_taking_words_off_a_stack(answer):
    shown = {event.heard: event.text.split() for event in answer.events}
    stack, erased = [], 0
    for words in shown.values():
        while stack != words[: len(stack)]:
            stack.pop()
            erased += 1
        stack = list(words)
    expected = erased / len(stack) if stack else math.nan
    assert streaming.ERASURE.score(TRUTH, answer) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("said", "erased"),
    [
        (["the", "the cat", "the cat sat"], 0.0),
        (["The cat,", "the cat sat."], 0.0),
        (["a", "a hat", "the cat sat"], 2 / 3),
        (["the cat sat", "the"], 2.0),
        ([""], math.nan),
        (["a hat", ""], math.nan),
    ],
)
def test_normalised_erasure(said, erased):
    answer = told(*((text, False, float(moment), float(moment)) for moment, text in enumerate(said)))
    assert streaming.ERASURE.score(TRUTH, answer) == pytest.approx(erased, nan_ok=True)


def test_characters_are_taken_back_one_by_one_where_there_are_no_spaces():
    events = [StreamEvent(text, False, float(heard)) for heard, text in enumerate(["今天天", "今天天气", "今天天很"])]
    found = streaming.erasure_components(
        SpokenTruth(ReferenceTranscript("", language="zh"), None), StreamTranscript(tuple(events))
    )
    assert found == {"erased": 1.0, "words": 4.0}
    curly = [StreamEvent(text, False, float(heard)) for heard, text in enumerate(["I don’t", "I don't know"])]
    assert streaming.erasure_components(SpokenTruth(ReferenceTranscript(""), None), StreamTranscript(tuple(curly)))["erased"] == 0

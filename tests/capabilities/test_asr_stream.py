from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

from model_lab import audio
from model_lab.capabilities import asr_stream
from model_lab.capabilities.asr_stream import CAPABILITY, ask
from model_lab.errors import BadManifest, ContractBroken
from model_lab.metrics.text import ReferenceTranscript
from model_lab.types import Audio, StreamEvent, StreamTranscript

SOUND = Audio(np.linspace(-0.5, 0.5, 16000 * 2, dtype=np.float32), 16000)
ROW = {"audio": "a.wav", "text": "good day", "speech_start": 0.25, "speech_end": 1.75}


class Slow:
    """A session on a clock of its own: each push takes ``costs`` seconds in turn, each says how much it was given."""

    def __init__(self, clock, costs, flush_costs=0.5):
        self.clock, self.costs, self.flush_costs, self.chunks = clock, iter(costs), flush_costs, []

    def push(self, chunk):
        self.chunks.append(chunk)
        self.clock[0] += next(self.costs)
        return [StreamEvent(f"{len(self.chunks)}", False)]

    def flush(self):
        self.clock[0] += self.flush_costs
        return [StreamEvent("done", True)]


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(asr_stream.time, "perf_counter", lambda: now[0])
    return now


def test_sound_comes_in_order_and_whole(clock):
    sound = Audio(np.arange(3500, dtype=np.float32), 16000)
    session = Slow(clock, [0.0] * 3)
    answer = ask(lambda: session, sound)
    assert [chunk.frames for chunk in session.chunks] == [1600, 1600, 300]
    assert np.array_equal(np.concatenate([chunk.samples for chunk in session.chunks]), sound.samples)
    assert [event.heard for event in answer.events] == pytest.approx([0.1, 0.2, 0.21875, 0.21875])


def test_a_fast_model_waits_for_the_sound(clock):
    answer = ask(lambda: Slow(clock, [0.02] * 20), SOUND)
    assert [event.said for event in answer.events[:3]] == pytest.approx([0.12, 0.22, 0.32])
    assert answer.events[-1].said == pytest.approx(2.52)


def test_a_slow_model_falls_behind_and_catches_up(clock):
    answer = ask(lambda: Slow(clock, [0.35, 0.1, 0.01, 0.01, 0.01, *[0.01] * 15]), SOUND)
    assert [event.said for event in answer.events[:7]] == pytest.approx([0.45, 0.55, 0.56, 0.57, 0.58, 0.61, 0.71])
    assert answer.events[-1] == StreamEvent("done", True, 2.0, pytest.approx(2.51))


def test_opening_is_not_part_of_the_stream(clock):
    def open_session():
        clock[0] += 10.0
        return Slow(clock, [0.0] * 20, 0.0)

    assert ask(open_session, SOUND).events[-1].said == pytest.approx(2.0)


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 192000])
def test_chunks_at_any_rate(clock, rate):
    sound = Audio(np.zeros((2, rate), np.float32), rate)
    session = Slow(clock, [0.0] * 20)
    assert ask(lambda: session, sound).events[-1].heard == pytest.approx(1.0)
    assert sum(chunk.frames for chunk in session.chunks) == rate
    assert all(chunk.samples.shape[0] == 2 and chunk.duration <= 0.1001 for chunk in session.chunks)


@pytest.mark.parametrize("said", [None, "text", ["text"], StreamEvent("a", True)])
def test_what_is_no_list_of_events_breaks_the_contract(said):
    class Wrong:
        push = staticmethod(lambda chunk: said)
        flush = staticmethod(lambda: [])

    with pytest.raises(ContractBroken, match="expected a list of StreamEvent"):
        ask(Wrong, SOUND)


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([], "without a final event"),
        ([("good", False)], "without a final event"),
        ([("good day", True), ("good", True)], "'good day' was final, and then came 'good'"),
        ([("good", True), ("bad day", False), ("good day", True)], "may only grow"),
    ],
)
def test_problems(events, problem):
    answer = StreamTranscript(tuple(StreamEvent(*event) for event in events))
    assert problem in CAPABILITY.problems(answer, SOUND)[0]


def test_partial_text_may_change_and_final_text_may_grow():
    events = [("bad", False), ("good", True), ("good bay", False), ("good day", True), ("good day", True)]
    assert CAPABILITY.problems(StreamTranscript(tuple(StreamEvent(*event) for event in events)), SOUND) == []


def test_a_row_gives_the_words_and_when_they_are_said():
    truth = CAPABILITY.reference(ROW, None)
    assert (truth.transcript, truth.speech) == (ReferenceTranscript("good day", language="en"), (0.25, 1.75))


def test_a_row_without_words_has_no_speech_and_its_length_is_looked_up(tmp_path):
    audio.write(tmp_path / "a.wav", Audio(np.zeros(24000, np.float32), 16000))
    truth = CAPABILITY.reference({"audio": "a.wav", "text": " "}, tmp_path.joinpath)
    assert (truth.speech, truth.transcript.duration) == (None, 1.5)


def test_a_row_with_words_must_say_when():
    with pytest.raises(KeyError):
        CAPABILITY.reference({"audio": "a.wav", "text": "good day", "speech_start": 0.1}, None)
    with pytest.raises(BadManifest, match=r"speech_start to speech_end is 1\.0-0\.5 s"):
        CAPABILITY.reference(ROW | {"speech_start": 1, "speech_end": 0.5}, None)


def test_the_truth_is_right_at_once_and_others_are_not():
    truth = CAPABILITY.reference(ROW, None)
    best = ask(partial(CAPABILITY.ideal, truth), SOUND)
    assert CAPABILITY.problems(best, SOUND) == [] and best.text == "good day"
    values = {metric.name: metric.score(truth, best) for metric in CAPABILITY.metrics}
    wer, first, final, erasure, cer, invented = list(values.values())[:6]
    assert (values["looped"], values["truncated"]) == (0, 0)
    assert (wer, erasure, cer) == (0, 0, 0) and math.isnan(invented)
    assert 0 < first < 0.15 and 0 < final < 0.15
    for other in (CAPABILITY.null, partial(CAPABILITY.chance, np.random.default_rng(0))):
        assert CAPABILITY.primary.score(truth, ask(other, SOUND)) >= 1.0


def test_the_same_answer_at_another_time_is_the_same():
    truth = CAPABILITY.reference(ROW, None)
    first, second = (ask(partial(CAPABILITY.ideal, truth), SOUND) for _ in range(2))
    assert CAPABILITY.settled(first) == CAPABILITY.settled(second)


def test_words_in_silence_are_a_surprise():
    example = CAPABILITY.example()
    assert "transcribes 4 words" in example.surprise(StreamTranscript((StreamEvent("one two three four", True),)))

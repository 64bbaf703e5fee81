"""Streaming recognisers: the policy on made-up words, and both models on real speech."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.loader_utils.streaming_resampler import StreamingResampler
from model_lab.metrics._base import pool
from model_lab.metrics.streaming import SpokenTruth
from model_lab.metrics.text import ReferenceTranscript
from model_lab.models.faster_whisper_stream.loader import Session, agreement, unsaid
from model_lab.types import Audio, StreamTranscript, Word
from tests.conftest import SHARED
from tests.models.workers import loaded

ASKED = capability("asr_stream")
RATE = 16000


def words(text: str, start: float = 0.0, each: float = 0.5) -> list[Word]:
    """Words with a space before each, ``each`` seconds long, one after the other."""
    return [Word(f" {word}", start + n * each, start + (n + 1) * each) for n, word in enumerate(text.split())]


class Ear:
    """Hears a spoken text in the samples that stand for it: sample k of the stream has the value k / RATE."""

    def __init__(self, text: str, each: float = 0.5, wrong: str = "") -> None:
        self.said, self.wrong, self.prompts, self.longest = words(text, each=each), wrong, [""], 0.0

    def __call__(self, samples: np.ndarray, prompt: str) -> list[Word]:
        begins, ends = float(samples[0]), float(samples[-1])
        self.prompts.append(prompt)
        self.longest = max(self.longest, len(samples) / RATE)
        heard = [word for word in self.said if word.start >= begins - 0.01 and word.start < ends]
        if self.wrong and heard and heard[-1].end > ends:  # a word that is cut short is misheard
            heard[-1] = Word(f" {self.wrong}", heard[-1].start, heard[-1].end)
        return [Word(word.text, word.start - begins, word.end - begins) for word in heard]


def listened(ear: Ear, seconds: float, trim_after: float = 15.0, longest: float = 28.0) -> StreamTranscript:
    sound = Audio((np.arange(round(seconds * RATE)) / RATE).astype(np.float32), RATE)
    answer: StreamTranscript = ASKED.ask(lambda: Session(ear, 1.0, trim_after, longest), sound)
    assert ASKED.problems(answer, sound) == []
    return answer


def test_words_are_shown_at_once_and_final_when_two_decodings_agree() -> None:
    answer = listened(Ear("the quick brown fox jumps over"), 3.0)
    shown = [(round(event.heard, 3), event.final, event.text) for event in answer.events]
    assert shown == [
        (1.0, False, "the quick"),
        (2.0, True, "the quick"),
        (2.0, False, "the quick brown fox"),
        (3.0, True, "the quick brown fox"),
        (3.0, False, "the quick brown fox jumps over"),
        (3.0, True, "the quick brown fox jumps over"),
    ]


def test_a_word_cut_short_is_mended_before_it_is_final() -> None:
    answer = listened(Ear("the quick brown fox jumps over the lazy dog", each=0.7, wrong="uh"), 6.5)
    assert answer.text == "the quick brown fox jumps over the lazy dog"
    assert any("uh" in event.text for event in answer.events) and not any("uh" in e.text for e in answer.events if e.final)


def test_a_long_stream_is_trimmed_at_sentences_and_loses_no_word() -> None:
    text = " ".join(f"this is the sentence number n{n}." for n in range(40))
    ear = Ear(text)
    answer = listened(ear, 121.0)
    assert answer.text == text
    assert ear.longest < 20.0
    assert all(not prompt or (prompt.endswith(".") and len(prompt) <= 200) for prompt in ear.prompts)


def test_without_sentences_the_buffer_stays_bounded_and_no_word_is_lost() -> None:
    text = " ".join(f"w{n}" for n in range(240))
    ear = Ear(text)
    assert listened(ear, 121.0).text == text
    assert ear.longest <= 29.0


def test_long_silence_is_dropped() -> None:
    ear = Ear("")
    assert listened(ear, 90.0).text == ""
    assert ear.longest <= 29.0


@pytest.mark.parametrize(
    ("heard", "final", "left"),
    [
        (words("a b c"), [], "a b c"),
        (words("a b c"), words("a b"), "c"),
        (words("a b c", start=0.08), words("a b"), "c"),
        (words("B c", start=1.02), words("a b"), "c"),
        (words("a b c", start=1.6), words("x a b"), "c"),
        (words("b c", start=3.0), words("a b"), "b c"),
        ([], words("a b"), ""),
    ],
)
def test_what_is_final_is_not_said_again(heard: list[Word], final: list[Word], left: str) -> None:
    assert "".join(word.text for word in unsaid(heard, final)).strip() == left


def test_agreement_overlooks_case_and_punctuation() -> None:
    assert agreement(words("The cat, sat"), words("the cat sat. down")) == 3
    assert agreement(words("the cat"), words("a cat")) == 0


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
def test_a_feed_resamples_without_seams(rate: int) -> None:
    time = np.arange(2 * rate) / rate
    sound = Audio(np.stack([np.sin(2 * np.pi * 440 * time), np.zeros(2 * rate)]).astype(np.float32), rate)
    feed = StreamingResampler(RATE)
    pieces = [feed.push(Audio(sound.samples[:, at : at + rate // 10], rate)) for at in range(0, 2 * rate, rate // 10)]
    joined = np.concatenate([*pieces, feed.end()])
    whole = sound.mono().resample(RATE).samples
    assert abs(len(joined) - len(whole)) <= 1
    length = min(len(joined), len(whole)) - 160
    assert np.abs(joined[160:length] - whole[160:length]).max() < 1e-3


pack = pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")


@pack
@pytest.mark.parametrize(("name", "bound"), [("faster_whisper_stream", 0.2), ("pocketsphinx_stream", 0.6)])
def test_recognisers_understand_speech_while_it_comes(name: str, bound: float) -> None:
    lines = (SHARED / "asr" / "manifest.jsonl").read_text("utf-8").splitlines()
    english = [row for row in map(json.loads, lines) if row["language"] == "en" and len(row["text"].split()) > 5]
    clips = [row for row in english if row["duration_s"] <= 6][:4]
    parts = []
    model = loaded(name)
    for row in clips:
        sound = audio.read((SHARED / "asr" / row["audio"]).resolve())
        answer = model.asr_stream(sound)
        truth = SpokenTruth(ReferenceTranscript(row["text"], language="en"), (0.0, sound.duration))
        parts.append(ASKED.primary.components(truth, answer))
        partial = [event for event in answer.events if not event.final and event.heard < sound.duration]
        assert partial and ASKED.problems(answer, sound) == []
    assert ASKED.settled(model.asr_stream(sound)) == ASKED.settled(answer)
    assert ASKED.primary.value(pool(parts)) < bound
    assert not re.search(r"[<\[(]", answer.text)

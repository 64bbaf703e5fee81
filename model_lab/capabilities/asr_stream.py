"""Streaming speech recognition: what is being said, while it is being said.

A model's call opens a session; the session is given the sound as it comes and answers with what is new. It is fed through a
simulated live feed without waiting: `CHUNK_S` of sound are there once they have sounded, a chunk is processed as soon as it is
there and the one before is done, and processing takes as long as it really takes. So a model that is slower than real time
falls behind, as it would in life. The end of the recording is told at once: it is a perfect end-pointer.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import LANGUAGE, Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities.asr import said, said_at_speed
from model_lab.errors import ContractBroken
from model_lab.metrics import streaming
from model_lab.metrics.streaming import SpokenTruth
from model_lab.metrics.text import ReferenceTranscript
from model_lab.types import Audio, StreamEvent, StreamTranscript
from model_lab.views.transcript import STREAM
from model_lab.wording import cut, joined, tokens

CHUNK_S = 0.1
_WORDS_PER_SECOND = 2.5
_SYLLABLES = ("the", "of", "and", "to", "a", "in", "is", "it", "you", "that")


class StreamSession(Protocol):
    """One stream. The text of every event is all that was heard so far; its times are filled in by who asks."""

    def push(self, chunk: Audio) -> list[StreamEvent]:
        """What is new after ``chunk``, which follows the one before without a gap; [] if nothing is."""

    def flush(self) -> list[StreamEvent]:
        """The end of the stream: what is new now, the last event final. Nothing may be pushed afterwards."""


def ask(open_session: Callable[[], StreamSession], audio: Audio) -> StreamTranscript:
    """Feed ``audio`` to a new session in simulated real time. Raises `ContractBroken` if it answers with anything but events."""
    session = open_session()
    events: list[StreamEvent] = []
    free = 0.0

    def put(question: Callable[[], list[StreamEvent]], heard: float) -> None:
        nonlocal free
        begun = time.perf_counter()
        said = question()
        free = max(free, heard) + time.perf_counter() - begun
        if not isinstance(said, list) or not all(isinstance(event, StreamEvent) for event in said):
            raise ContractBroken(f"the session answered with {str(said)[:80]!r}; expected a list of StreamEvent")
        events.extend(StreamEvent(event.text, event.final, heard, free) for event in said)

    for chunk, heard in _chunks(audio):
        put(partial(session.push, chunk), heard)
    put(session.flush, audio.duration)
    return StreamTranscript(tuple(events))


def _chunks(audio: Audio) -> Iterator[tuple[Audio, float]]:
    """The sound in pieces, each with the second at which all of it has sounded."""
    size = max(1, round(CHUNK_S * audio.sample_rate))
    for first in range(0, audio.frames, size):
        piece = Audio(audio.samples[..., first : first + size], audio.sample_rate)
        yield piece, (first + piece.frames) / audio.sample_rate


def _reference(row: Row, resolve: Resolve) -> SpokenTruth:
    transcript = said(row, resolve)
    if not transcript.text.strip():
        return SpokenTruth(transcript, None)
    return SpokenTruth(transcript, columns.span(row["speech_start"], row["speech_end"], "speech_start to speech_end"))


def _problems(answer: object, audio: Audio) -> list[str]:
    if not isinstance(answer, StreamTranscript):
        return [f"answer is a {type(answer).__name__}; expected StreamTranscript"]
    if not answer.events or not answer.events[-1].final:
        return ["the session ended without a final event; expected flush to bring one"]
    fixed = ""
    for event in answer.events:
        if not event.text.startswith(fixed):
            return [f"{fixed[-40:]!r} was final, and then came {event.text[:40]!r}; what is final may only grow"]
        fixed = event.text if event.final else fixed
    return []


def _example() -> Example:
    """Two seconds of silence: nothing is said, and a good recogniser says nothing."""

    def surprise(answer: StreamTranscript) -> str:
        said = tokens(answer.text)
        return f"hears {len(said)} words in digital silence: {answer.text[:60]!r}" if len(said) > 3 else ""

    return Example(
        (Audio(np.zeros(32000, np.float32), 16000),), SpokenTruth(ReferenceTranscript("", duration=2.0), None), surprise
    )


class _AppendOnlySession:
    """A session that never takes anything back: ``words(seconds)`` are said once so much has sounded, whatever it was."""

    def __init__(self, words: Callable[[float], list[str]]) -> None:
        self._words, self._heard, self._said = words, 0.0, ""

    def push(self, chunk: Audio) -> list[StreamEvent]:
        self._heard += chunk.duration
        before, self._said = self._said, joined(self._words(self._heard))
        return [StreamEvent(self._said, final=True)] if self._said != before else []

    def flush(self) -> list[StreamEvent]:
        return [StreamEvent(joined(self._words(math.inf)), final=True)]


def _chance(rng: np.random.Generator) -> StreamSession:
    """Random short words at the pace of speech."""
    said: list[str] = []

    def words(seconds: float) -> list[str]:
        wanted = int(seconds * _WORDS_PER_SECOND) if math.isfinite(seconds) else len(said)
        said.extend(str(word) for word in rng.choice(_SYLLABLES, size=max(0, wanted - len(said))))
        return said

    return _AppendOnlySession(words)


def _ideal(reference: SpokenTruth) -> StreamSession:
    """The first word as soon as speech begins, the others as they end, spread evenly over the speech."""
    words = cut(reference.transcript.text)
    start, end = reference.speech or (0.0, math.inf)

    def said(seconds: float) -> list[str]:
        if seconds <= start:
            return []
        return words if seconds >= end else words[: max(1, int(len(words) * (seconds - start) / (end - start)))]

    return _AppendOnlySession(said)


def _at_speed(reference: SpokenTruth, factor: float) -> SpokenTruth:
    return SpokenTruth(said_at_speed(reference.transcript, factor), at_speed.span(reference.speech, factor))


CAPABILITY = Capability(
    name="asr_stream",
    title="Streaming speech recognition",
    call="open() -> session; session.push(chunk: Audio) -> list[StreamEvent]; session.flush() -> list[StreamEvent]",
    answer="StreamTranscript",
    view=STREAM,
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column("text", "what is said in it, in normal spelling; empty if nothing is", aliases=columns.TEXT_ALIASES),
        LANGUAGE,
        Column("speech_start", "where speech begins, in seconds; only a row with an empty text may leave it out", required=False),
        Column("speech_end", "where speech ends, in seconds; only a row with an empty text may leave it out", required=False),
    ),
    metrics=(
        streaming.WER,
        streaming.FIRST_TOKEN_LATENCY,
        streaming.FINAL_LATENCY,
        streaming.ERASURE,
        streaming.CER,
        streaming.INVENTED_WORDS,
    ),
    grade_thresholds=(0.07, 0.12, 0.25, 0.45),
    perturbable=Perturbable(speech=True, at_speed=_at_speed),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda: _AppendOnlySession(lambda seconds: []),
    chance=_chance,
    ideal=_ideal,
    ask=ask,
    latest=lambda truth: truth.speech[1] if truth.speech else 0.0,
    settled=lambda answer: [(event.text, event.final) for event in answer.events],
    hub_task="automatic-speech-recognition",
)

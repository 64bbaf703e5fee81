"""Streaming speech recognition: what is said, while it is being said.

A model's call opens a session, which takes the sound in chunks and returns new text. The live feed is simulated without waiting: a
chunk of `CHUNK_S` arrives when its last sample has been recorded, and is processed as soon as it has arrived and the one before is
done; processing takes its real time. A model slower than real time therefore falls behind, as it would in use. The session is
flushed as soon as the recording ends, as by a perfect endpointer.
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
from model_lab.capabilities._grading import Grading
from model_lab.capabilities.asr import SCORERS, TERMS, reference_transcript, transcript_at_speed
from model_lab.errors import ContractBroken
from model_lab.metrics import decoding, spoken_terms, streaming
from model_lab.metrics.streaming import SpokenTruth
from model_lab.metrics.text import ReferenceTranscript
from model_lab.types import Audio, StreamEvent, StreamTranscript
from model_lab.views.transcript import STREAM
from model_lab.wording import cut, joined, tokens

CHUNK_S = 0.1
"""Duration of a chunk in seconds."""
_WORDS_PER_SECOND = 2.5
_SYLLABLES = ("the", "of", "and", "to", "a", "in", "is", "it", "you", "that")


class StreamSession(Protocol):
    """One stream. The text of every event is the whole transcript so far; its times are set by `ask`."""

    def push(self, chunk: Audio) -> list[StreamEvent]:
        """Process the next chunk.

        Args:
            chunk: Sound, mono, that follows the chunk before without a gap.

        Returns:
            New events; [] if nothing is new.
        """

    def flush(self) -> list[StreamEvent]:
        """End the stream; nothing may be pushed afterwards.

        Returns:
            New events, the last one final.
        """


def ask(open_session: Callable[[], StreamSession], audio: Audio) -> StreamTranscript:
    """Feed a recording to a new session in simulated real time.

    Args:
        open_session: The model's call.
        audio: Recording.

    Returns:
        All events, with the times at which their sound was recorded and at which they were returned, in seconds.

    Raises:
        ContractBroken: The session returned anything but a list of `StreamEvent`.
    """
    session = open_session()
    events: list[StreamEvent] = []
    free = 0.0

    def put(question: Callable[[], list[StreamEvent]], elapsed: float) -> None:
        nonlocal free
        begun = time.perf_counter()
        answer = question()
        free = max(free, elapsed) + time.perf_counter() - begun
        if not isinstance(answer, list) or not all(isinstance(event, StreamEvent) for event in answer):
            raise ContractBroken(f"the session answered with {str(answer)[:80]!r}; expected a list of StreamEvent")
        events.extend(StreamEvent(event.text, event.final, elapsed, free) for event in answer)

    for chunk, elapsed in _chunks(audio):
        put(partial(session.push, chunk), elapsed)
    put(session.flush, audio.duration)
    return StreamTranscript(tuple(events))


def _chunks(audio: Audio) -> Iterator[tuple[Audio, float]]:
    """The sound in chunks, each with the time of its end in seconds."""
    size = max(1, round(CHUNK_S * audio.sample_rate))
    for first in range(0, audio.frames, size):
        piece = Audio(audio.samples[..., first : first + size], audio.sample_rate)
        yield piece, (first + piece.frames) / audio.sample_rate


def _reference(row: Row, resolve: Resolve) -> SpokenTruth:
    transcript = reference_transcript(row, resolve)
    if not transcript.text.strip():
        return SpokenTruth(transcript, None)
    return SpokenTruth(transcript, columns.span(row["speech_start"], row["speech_end"], "speech_start to speech_end"))


def _problems(answer: object, audio: Audio) -> list[str]:
    if not isinstance(answer, StreamTranscript):
        return [f"answer is a {type(answer).__name__}; expected StreamTranscript"]
    if not answer.events or not answer.events[-1].final:
        return ["the session ended without a final event; expected flush to return one"]
    fixed = ""
    for event in answer.events:
        if not event.text.startswith(fixed):
            return [f"{fixed[-40:]!r} was final, and then came {event.text[:40]!r}; what is final may only grow"]
        fixed = event.text if event.final else fixed
    return []


def _example() -> Example:
    """Two seconds of digital silence: a good recogniser transcribes nothing."""

    def surprise(answer: StreamTranscript) -> str:
        words = tokens(answer.text)
        return f"transcribes {len(words)} words in digital silence: {answer.text[:60]!r}" if len(words) > 3 else ""

    return Example(
        (Audio(np.zeros(32000, np.float32), 16000),), SpokenTruth(ReferenceTranscript("", duration=2.0), None), surprise
    )


class _AppendOnlySession:
    """A session that never revises its text: ``words(seconds)`` is its transcript after ``seconds`` of sound, of any content."""

    def __init__(self, words: Callable[[float], list[str]]) -> None:
        self._words, self._received_s, self._text = words, 0.0, ""

    def push(self, chunk: Audio) -> list[StreamEvent]:
        self._received_s += chunk.duration
        before, self._text = self._text, joined(self._words(self._received_s))
        return [StreamEvent(self._text, final=True)] if self._text != before else []

    def flush(self) -> list[StreamEvent]:
        return [StreamEvent(joined(self._words(math.inf)), final=True)]


def _chance(rng: np.random.Generator) -> StreamSession:
    """Random short words at the pace of speech."""
    sequence: list[str] = []

    def words(seconds: float) -> list[str]:
        count = int(seconds * _WORDS_PER_SECOND) if math.isfinite(seconds) else len(sequence)
        sequence.extend(str(word) for word in rng.choice(_SYLLABLES, size=max(0, count - len(sequence))))
        return sequence

    return _AppendOnlySession(words)


def _ideal(reference: SpokenTruth) -> StreamSession:
    """The first word as soon as speech begins, the others as they end, spread evenly over the speech."""
    words = cut(reference.transcript.text)
    start, end = reference.speech or (0.0, math.inf)

    def spoken(seconds: float) -> list[str]:
        if seconds <= start:
            return []
        return words if seconds >= end else words[: max(1, int(len(words) * (seconds - start) / (end - start)))]

    return _AppendOnlySession(spoken)


def _at_speed(reference: SpokenTruth, factor: float) -> SpokenTruth:
    return SpokenTruth(transcript_at_speed(reference.transcript, factor), at_speed.span(reference.speech, factor))


CAPABILITY = Capability(
    name="asr_stream",
    title="Streaming speech recognition",
    in_words="{in_100} words of the final text are wrong",
    call="open() -> session; session.push(chunk: Audio) -> list[StreamEvent]; session.flush() -> list[StreamEvent]",
    answer="StreamTranscript",
    view=STREAM,
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column("text", "what is said in it, in normal spelling; empty if nobody speaks", aliases=columns.TEXT_ALIASES),
        LANGUAGE,
        *TERMS,
        Column("speech_start", "where speech begins, in seconds; only a row with an empty text may leave it out", required=False),
        Column("speech_end", "where speech ends, in seconds; only a row with an empty text may leave it out", required=False),
    ),
    metrics=(
        streaming.WER.with_margin(0.01, "one word in a hundred, as for asr"),
        streaming.FIRST_TOKEN_LATENCY,
        streaming.FINAL_LATENCY,
        streaming.ERASURE,
        streaming.CER,
        streaming.INVENTED_WORDS,
        *map(streaming.of_final_text, (decoding.LOOPS, decoding.TRUNCATIONS, *spoken_terms.OF_TEXT)),
    ),
    scorers=tuple(map(streaming.of_final_text, SCORERS)),
    grading=Grading(
        (0.07, 0.12, 0.25, 0.45),
        reason=(
            "As recognition of whole recordings, with 2 to 5 points more at every step, because a streaming recogniser "
            "decides without the rest of the sentence."
        ),
        source="The thresholds of asr; the allowance for streaming is a convention of this bench",
    ),
    perturbable=Perturbable(speech=True, at_speed=_at_speed),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda: _AppendOnlySession(lambda seconds: []),
    chance=_chance,
    ideal=_ideal,
    ask=ask,
    latest=lambda reference: reference.speech[1] if reference.speech else 0.0,
    settled=lambda answer: [(event.text, event.final) for event in answer.events],
    hub_task="automatic-speech-recognition",
)

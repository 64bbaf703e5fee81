"""Whisper tiny.en as a streaming recogniser, with the LocalAgreement-2 policy of Whisper-Streaming (Macháček et al. 2023).

The sound so far is in a buffer, which is decoded again every ``step`` seconds. Words on which two decodings in a row agree
are final; the rest is shown and may change. Words that were final before are recognised in a new decoding by their times.
A buffer longer than ``trim_after`` is cut at the end of the last final sentence, so that the work stays bounded however long
the stream is; the text that left the buffer is the prompt of the next decoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import takewhile

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import BadConfig
from model_lab.loader_utils.streaming_resampler import StreamingResampler
from model_lab.types import Audio, FloatArray, StreamEvent, Word

_RATE = 16000
_PROMPT_CHARACTERS = 200
_JITTER_S = 0.1
"""How far the time of a word may move between two decodings."""

_REPEATED_S, _REPEATED_WORDS = 1.0, 5
"""Up to so many words are taken for a repetition of what is final if they begin within so many seconds of its end."""

_SENTENCE_ENDS = (".", "?", "!")

Transcribe = Callable[[FloatArray, str], list[Word]]
"""The words in 16 kHz samples (times from their beginning, spaces before words kept) after a prompt."""


def load(card: ModelCard, device: str) -> Bundle:
    from faster_whisper import WhisperModel

    options = card.options
    if not 0 < options["step"] < options["trim_after"] < options["longest"] <= 30:
        raise BadConfig(
            f"{card.name}: options step, trim_after, longest are {options['step']}, {options['trim_after']}, "
            f"{options['longest']}; expected 0 < step < trim_after < longest <= 30"
        )
    folder = {card.file(name).parent for name in card.weights.files}.pop()
    model = WhisperModel(
        str(folder), device=device, compute_type=options["compute_type"], cpu_threads=threads(), local_files_only=True
    )

    def transcribe(samples: FloatArray, prompt: str) -> list[Word]:
        segments, _ = model.transcribe(
            samples,
            language="en",
            beam_size=options["beam_size"],
            initial_prompt=prompt or None,
            word_timestamps=True,
            vad_filter=options["skip_silence"],
        )
        return [Word(word.word, float(word.start), float(word.end)) for part in segments for word in part.words or ()]

    return Bundle(
        card,
        device,
        {"asr_stream": lambda: Session(transcribe, options["step"], options["trim_after"], options["longest"])},
    )


class Session:
    """One stream. Times of words are seconds since it began."""

    def __init__(self, transcribe: Transcribe, step: float, trim_after: float, longest: float) -> None:
        self._transcribe, self._step, self._trim_after, self._longest = transcribe, step, trim_after, longest
        self._feed = StreamingResampler(_RATE)
        self._buffer, self._begins, self._new = np.zeros(0, np.float32), 0.0, 0
        self._final: list[Word] = []
        self._gone = 0  # how many of the final words have left the buffer
        self._open: list[Word] = []

    def push(self, chunk: Audio) -> list[StreamEvent]:
        """What is new, every ``step`` seconds: the final text if it grew, then all text if some of it is still open."""
        self._hear(self._feed.push(chunk))
        return self._decode() if self._new >= self._step * _RATE else []

    def flush(self) -> list[StreamEvent]:
        """All text, final; what was not decoded yet is decoded before."""
        self._hear(self._feed.end())
        if self._new:
            self._decode()
        return [StreamEvent(_text([*self._final, *self._open]), final=True)]

    @property
    def buffered(self) -> float:
        """Seconds of sound in the buffer."""
        return len(self._buffer) / _RATE

    def _hear(self, samples: FloatArray) -> None:
        self._buffer = np.concatenate([self._buffer, samples])
        self._new += len(samples)

    def _decode(self) -> list[StreamEvent]:
        self._new = 0
        prompt = _text(self._final[: self._gone])[-_PROMPT_CHARACTERS:]
        decoded_words = [
            Word(word.text, self._begins + word.start, self._begins + word.end) for word in self._transcribe(self._buffer, prompt)
        ]
        fresh = unsaid(decoded_words, self._final)
        agreed = agreement(fresh, self._open)
        self._final += fresh[:agreed]
        self._open = fresh[agreed:]
        events = [StreamEvent(_text(self._final), final=True)] if agreed else []
        events += [StreamEvent(_text([*self._final, *self._open]), final=False)] if self._open else []
        self._trim()
        return events

    def _trim(self) -> None:
        """Cut a long buffer at the end of the last final sentence; a very long one at the end of the last word."""
        ends = [n for n, word in enumerate(self._final, 1) if n > self._gone and word.text.endswith(_SENTENCE_ENDS)]
        if self.buffered > self._trim_after and ends:
            self._cut(self._final[ends[-1] - 1].end, ends[-1])
        if self.buffered > self._longest:
            self._final += self._open
            self._open = []
            until = self._final[-1].end if len(self._final) > self._gone else self._begins + self.buffered - self._step
            self._cut(until, len(self._final))

    def _cut(self, at: float, gone: int) -> None:
        """Drop the sound before ``at`` and the first ``gone`` words."""
        first = min(max(0, round((at - self._begins) * _RATE)), len(self._buffer))
        self._buffer, self._begins, self._gone = self._buffer[first:], self._begins + first / _RATE, gone


def unsaid(decoded_words: Sequence[Word], final: Sequence[Word]) -> list[Word]:
    """The words after those that are final: later by their times, and no repetition of the last ones."""
    until = final[-1].end if final else 0.0
    later = [word for word in decoded_words if word.start > until - _JITTER_S]
    if not final or not later or later[0].start > until + _REPEATED_S:
        return later
    for count in range(min(_REPEATED_WORDS, len(later), len(final)), 0, -1):
        if agreement(later[:count], final[-count:]) == count:
            return later[count:]
    return later


def agreement(first: Sequence[Word], second: Sequence[Word]) -> int:
    """How many words both begin with; case and punctuation do not count."""
    pairs = zip(map(_bare, first), map(_bare, second), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _bare(word: Word) -> str:
    return re.sub(r"[^\w]", "", word.text).lower()


def _text(words: Sequence[Word]) -> str:
    return "".join(word.text for word in words).strip()

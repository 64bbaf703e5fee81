"""Transcripts compared with their references word by word, with the alignment of the error rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from model_lab.languages import ENGLISH, code_or_empty, unspaced
from model_lab.metrics.streaming import SpokenTruth
from model_lab.metrics.text import Prompt, letters_are_words
from model_lab.types import StreamTranscript, Transcript
from model_lab.views import plain, word_diff
from model_lab.views._base import SampleContext, View, is_a
from model_lab.views.parts import AlignedText, Part, Remark, Text
from model_lab.views.word_diff import Token


def transcript_of(reference: Any) -> Transcript | None:
    """The transcript of a reference, which is one or holds one; None if it does neither."""
    transcript = reference.transcript if isinstance(reference, (SpokenTruth, Prompt)) else reference
    return transcript if isinstance(transcript, Transcript) else None


def difference(reference: Transcript | None, hypothesis: str) -> list[Part]:
    """A transcript compared with its reference by words (by characters in languages without spaces); alone if there is none."""
    language = reference.language if reference and reference.language else ENGLISH
    letters = reference is not None and letters_are_words(reference)
    unit = "characters" if unspaced(language) else "words"
    return _compared(reference, hypothesis, lambda text: word_diff.words(text, language, letters), unit)


def phone_difference(reference: Transcript | None, hypothesis: str) -> list[Part]:
    """As `difference`, phone by phone."""
    return _compared(reference, hypothesis, word_diff.spoken_phones, "phones")


def _compared(reference: Transcript | None, hypothesis: str, tokens: Callable[[str], tuple[Token, ...]], unit: str) -> list[Part]:
    if reference is None:
        return [Text(hypothesis) if hypothesis.strip() else Remark("Empty transcript.")]
    aligned = AlignedText(word_diff.aligned(tokens(reference.text), tokens(hypothesis)), unit)
    return [aligned] if aligned.pieces else [Remark("Empty transcript, and nobody speaks.")]


def _reference(sample: SampleContext) -> list[Part]:
    transcript = transcript_of(sample.reference)
    assert transcript is not None
    return [Text(transcript.text) if transcript.text.strip() else Remark("Nobody speaks.")]


def _streamed(sample: SampleContext, answer: StreamTranscript) -> list[Part]:
    return [*difference(transcript_of(sample.reference), answer.text), timing(answer)]


def timing(answer: StreamTranscript) -> Remark:
    """When a streaming recogniser gave its first text and its last."""
    spoken = [event for event in answer.events if event.text.strip()]
    if not spoken:
        return Remark("No text was returned.")
    return Remark(
        f"Its first text came {spoken[0].said:.2f} s after the sound began, the last of {len(answer.events)} events at "
        f"{answer.events[-1].said:.2f} s."
    )


def line(stored: Any) -> str:
    """The text of a stored transcript.

    >>> line({"type": "Transcript", "text": "good day", "words": []})
    'good day'
    """
    match stored:
        case {"type": "Transcript", "text": text} | {"type": "StreamTranscript", "events": [*_, {"text": text}]}:
            return str(text) or plain.NOTHING
    return plain.line(stored)


TRANSCRIPT = View(
    fits=is_a(Transcript),
    reference=_reference,
    answer=lambda sample, answer: difference(transcript_of(sample.reference), answer.text),
    line=line,
    as_reference=lambda answer: Transcript(answer.text, language=code_or_empty(answer.language)),
)
"""A `Transcript`, compared by words."""

PHONES = replace(TRANSCRIPT, answer=lambda sample, answer: phone_difference(transcript_of(sample.reference), answer.text))
"""A `Transcript` of phones, separated by spaces."""

STREAM = View(
    fits=is_a(StreamTranscript),
    reference=_reference,
    answer=_streamed,
    line=line,
    as_reference=lambda answer: Transcript(answer.text),
)
"""A `StreamTranscript`: its last text, and when it came."""

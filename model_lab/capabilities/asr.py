"""Speech recognition: what was said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_lab import audio as sound
from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities import _exports
from model_lab.capabilities._base import LANGUAGE, Agreement, Capability, Column, Example, Perturbable, Resolve, Row, language_of
from model_lab.metrics import open_asr, text
from model_lab.types import Audio, Transcript
from model_lab.views.transcript import TRANSCRIPT
from model_lab.wording import tokens

_SYLLABLES = ("the", "of", "and", "to", "a", "in", "is", "it", "you", "that")


def reference_transcript(row: Row, resolve: Resolve) -> text.ReferenceTranscript:
    """Read the reference transcript of a row.

    Args:
        row: Row of a manifest.
        resolve: Resolves paths in the row.

    Returns:
        Transcript in the language of the row. The duration is that of the file in ``audio`` where nobody speaks, else 0 (not needed).
    """
    spoken = columns.text(row, "text")
    duration = 0.0 if spoken.strip() else sound.read(resolve(row["audio"])).duration
    return text.ReferenceTranscript(spoken, language=language_of(row), duration=duration)


def _problems(answer: object, audio: Audio) -> list[str]:
    if not isinstance(answer, Transcript):
        return [f"answer is a {type(answer).__name__}; expected Transcript"]
    if not isinstance(answer.text, str):
        return [f"its text is a {type(answer.text).__name__}; expected str"]
    late = [word for word in answer.words if not (-0.1 <= word.start <= word.end <= audio.duration + 1.0)]
    return [
        f"word {word.text!r} at {word.start:.2f}-{word.end:.2f} s is outside the {audio.duration:.2f} s of sound"
        for word in late[:3]
    ]


def _example() -> Example:
    """Two seconds of digital silence: a good recogniser transcribes nothing."""

    def surprise(answer: Transcript) -> str:
        words = tokens(answer.text)
        return f"transcribes {len(words)} words in digital silence: {answer.text[:60]!r}" if len(words) > 3 else ""

    return Example((Audio(np.zeros(32000, np.float32), 16000),), text.ReferenceTranscript("", duration=2.0), surprise)


def _chance(rng: np.random.Generator, audio: Audio) -> Transcript:
    return Transcript(" ".join(rng.choice(_SYLLABLES, size=int(audio.duration * 2.5))))


def transcript_at_speed(reference: text.ReferenceTranscript, factor: float) -> text.ReferenceTranscript:
    """The reference transcript of sound that is played faster or slower.

    Args:
        reference: Reference at the original speed.
        factor: Ratio of the new speed to the old one, above 0.

    Returns:
        Transcript with new times of words and a new duration.
    """
    return replace(at_speed.transcript(reference, factor), duration=at_speed.time(reference.duration, factor))


def _as_reference(answer: Transcript, reference: text.ReferenceTranscript) -> text.ReferenceTranscript | None:
    """The answer in the language of the reference; None if it has no words."""
    return text.ReferenceTranscript(answer.text, language=reference.language) if tokens(answer.text) else None


CAPABILITY = Capability(
    name="asr",
    title="Speech recognition",
    call="transcribe(audio: Audio) -> Transcript",
    answer="Transcript",
    view=TRANSCRIPT,
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column(
            "text", "what is said in it, in normal spelling; empty if nobody speaks", aliases=columns.TEXT_ALIASES, typed=True
        ),
        LANGUAGE,
    ),
    metrics=(
        text.WER,
        text.CER,
        text.SUBSTITUTIONS,
        text.DELETIONS,
        text.INSERTIONS,
        text.INVENTED_WORDS,
        open_asr.OPEN_ASR_WER,
        open_asr.OPEN_ASR_COMPOUND_WER,
    ),
    grade_thresholds=(0.05, 0.1, 0.2, 0.4),
    perturbable=Perturbable(speech=True, at_speed=transcript_at_speed),
    reference=reference_transcript,
    problems=_problems,
    example=_example,
    null=lambda audio: Transcript(""),
    chance=_chance,
    ideal=lambda reference, audio: Transcript(reference.text, reference.words, reference.language),
    exports=_exports.WORDS,
    agreement=Agreement(_as_reference, agree=0.1, differ=0.2),
    hub_task="automatic-speech-recognition",
)

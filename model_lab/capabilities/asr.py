"""Speech recognition: what was said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_lab import audio as sound
from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities import _exports
from model_lab.capabilities._base import LANGUAGE, Agreement, Capability, Column, Example, Perturbable, Resolve, Row, language_of
from model_lab.capabilities._grading import Grading
from model_lab.metrics import decoding, open_asr, spoken_terms, text, word_scorers, written_form
from model_lab.types import Audio, Transcript, Word
from model_lab.views.transcript import TRANSCRIPT
from model_lab.wording import tokens

TERMS = (
    Column("entities", "the named entities in it, as they are written in text: [Ann Lee, New York]", required=False),
    Column("keywords", "words and phrases to be listened for, said or not: [invoice, refund]", required=False),
)
"""Columns of words that matter."""
SCORERS = (*word_scorers.SCORERS, *written_form.SCORERS)
"""Scorer routes of transcripts."""
_WORD_TIMES = Column("word_times", "[[word, start, end], ...] of its words, in seconds", required=False)
_SYLLABLES = ("the", "of", "and", "to", "a", "in", "is", "it", "you", "that")


def reference_transcript(row: Row, resolve: Resolve) -> text.ReferenceTranscript:
    """Read the reference transcript of a row.

    Args:
        row: Row of a manifest.
        resolve: Resolves paths in the row.

    Returns:
        Transcript in the language of the row, with entities, keywords and times of words where it has them. The duration is that of the file in ``audio`` where nobody speaks, else 0 (not needed).
    """
    spoken = columns.text(row, "text")
    duration = 0.0 if spoken.strip() else sound.read(resolve(row["audio"])).duration
    entities, keywords = (columns.names(row, column.name) if column.name in row else () for column in TERMS)
    times = columns.items(row, "word_times", "[[word, start, end], ...] in seconds") if "word_times" in row else []
    words = tuple(_word(value, f"word_times[{place}]") for place, value in enumerate(times))
    return text.ReferenceTranscript(spoken, words, language_of(row), duration, entities, keywords)


def _word(value: object, what: str) -> Word:
    spelled, start, end = columns.as_list(value, 3, what, "[word, start, end]")
    return Word(columns.as_text(spelled, what), *columns.span(start, end, what))


def transcript_problems(answer: object, audio: Audio) -> list[str]:
    """Check that an answer is a transcript whose words lie within the sound.

    Args:
        answer: Answer.
        audio: The sound that was transcribed.

    Returns:
        At most three problems.
    """
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


def random_words(rng: np.random.Generator, audio: Audio) -> Transcript:
    """A random answer: frequent English words, as many as are spoken in that time.

    Args:
        rng: Generator it is drawn from.
        audio: Sound.

    Returns:
        2.5 words per second of sound, without times.
    """
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
    in_words="{in_100} words are wrong",
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
        *TERMS,
        _WORD_TIMES,
    ),
    metrics=(
        text.WER.with_margin(
            0.01,
            "one word in a hundred; the first ten of 86 systems of the Open ASR leaderboard (March 2026) lie within it on 6 of its 8 sets",
        ),
        text.CER,
        text.SUBSTITUTIONS,
        text.DELETIONS,
        text.INSERTIONS,
        text.INVENTED_WORDS,
        open_asr.OPEN_ASR_WER,
        open_asr.OPEN_ASR_COMPOUND_WER,
        decoding.LOOPS,
        decoding.TRUNCATIONS,
        *spoken_terms.METRICS,
    ),
    scorers=SCORERS,
    grading=Grading(
        (0.05, 0.1, 0.2, 0.4),
        reason=(
            "A reader feels the errors themselves. A is what people reach: professional transcribers make 5.9 % errors on "
            "Switchboard and 11.3 % on CallHome; B is readable without correction; transcripts with up to about 25 % help "
            "to find one's way in a recording, so C ends just below that; beyond D nearly every second word is wrong."
        ),
        source=(
            "Xiong et al. 2016, Achieving Human Parity in Conversational Speech Recognition; Munteanu et al. 2006, The "
            "Effect of Speech Recognition Accuracy Rates on the Usefulness and Usability of Webcast Archives (CHI)"
        ),
    ),
    perturbable=Perturbable(speech=True, at_speed=transcript_at_speed),
    reference=reference_transcript,
    problems=transcript_problems,
    example=_example,
    null=lambda audio: Transcript(""),
    chance=random_words,
    ideal=lambda reference, audio: Transcript(reference.text, reference.words, reference.language),
    exports=_exports.WORDS,
    agreement=Agreement(_as_reference, agree=0.1, differ=0.2),
    hub_task="automatic-speech-recognition",
)

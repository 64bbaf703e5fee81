"""Word and character error rates, on normalised text.

Normalisation is Whisper's (Radford et al. 2022, appendix C), as packaged in whisper-normalizer: the English normaliser for
``en``, the basic one (lower case, no punctuation; marks kept) for every other language. A sample whose normalised reference is
empty counts its insertions and adds no reference words.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

from model_lab.errors import NotRunnable
from model_lab.metrics._base import Components, Judge, Metric, rate
from model_lab.types import Audio, Transcript


@dataclass(frozen=True)
class Prompt:
    """What a synthesiser is to say, and a human reading of it (mono) where the dataset has one."""

    transcript: Transcript
    reading: Audio | None = None


@dataclass(frozen=True)
class VoicePrompt(Prompt):
    """What a cloner is to say and a recording of whom it is to sound like; ``reading`` is that very speaker saying it."""

    voice: Audio = field(kw_only=True)


@cache
def _normaliser(language: str) -> Any:
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer

    return EnglishTextNormalizer() if language == "en" else BasicTextNormalizer(remove_diacritics=False)


@lru_cache(maxsize=4096)
def normalise(text: str, language: str = "en") -> str:
    """``text`` as error rates see it; ``language`` is an ISO 639-1 code.

    >>> normalise("Mr. Smith can't pay $20!")
    'mister smith can not pay $20'
    """
    return " ".join(_normaliser(language)(text).split())


def word_components(reference: Transcript, hypothesis: Transcript) -> Components:
    """Counts of one sample's word alignment.

    >>> word_components(Transcript("the cat sat", language="en"), Transcript("a cat sat down"))
    {'substitutions': 1.0, 'deletions': 0.0, 'insertions': 1.0, 'words': 3.0}
    """
    import jiwer

    language = reference.language or "en"
    truth, answer = normalise(reference.text, language), normalise(hypothesis.text, language)
    if not truth:
        return {"substitutions": 0.0, "deletions": 0.0, "insertions": float(len(answer.split())), "words": 0.0}
    counts = jiwer.process_words(truth, answer)
    return {
        "substitutions": float(counts.substitutions),
        "deletions": float(counts.deletions),
        "insertions": float(counts.insertions),
        "words": float(len(truth.split())),
    }


def character_components(reference: Transcript, hypothesis: Transcript) -> Components:
    """Edits and reference length in characters, spaces included.

    >>> character_components(Transcript("cat"), Transcript("cut"))
    {'edits': 1.0, 'characters': 3.0}
    """
    import jiwer

    language = reference.language or "en"
    truth, answer = normalise(reference.text, language), normalise(hypothesis.text, language)
    if not truth:
        return {"edits": float(len(answer)), "characters": 0.0}
    counts = jiwer.process_characters(truth, answer)
    return {"edits": float(counts.substitutions + counts.deletions + counts.insertions), "characters": float(len(truth))}


def _error_rate(name: str, title: str, *kinds: str) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="ratio",
        higher_is_better=False,
        best=0.0,
        worst=float("inf"),
        version=1,
        source="Levenshtein alignment of words (jiwer); Morris et al. 2004",
        components=word_components,
        value=rate(*kinds, of="words"),
    )


WER = _error_rate("wer", "word error rate", "substitutions", "deletions", "insertions")
SUBSTITUTIONS = _error_rate("substitution_rate", "substituted words", "substitutions")
DELETIONS = _error_rate("deletion_rate", "deleted words", "deletions")
INSERTIONS = _error_rate("insertion_rate", "inserted words", "insertions")
CER = Metric(
    name="cer",
    title="character error rate",
    unit="ratio",
    higher_is_better=False,
    best=0.0,
    worst=float("inf"),
    version=1,
    source="Levenshtein alignment of characters (jiwer)",
    components=character_components,
    value=rate("edits", of="characters"),
)

RECOGNISER = Judge("faster_whisper", "asr", lambda reference, hypothesis: (hypothesis,))
SECOND_RECOGNISER = Judge("pocketsphinx", "asr", lambda reference, hypothesis: (hypothesis,))
"""They hear what a synthesiser said; both know English alone, and they are no kin: a network and hidden Markov models."""


def _round_trip(metric: Metric, name: str, title: str, judge: Judge) -> Metric:
    """``metric`` between a `Prompt` and what ``judge`` hears in its synthesis; `NotRunnable` if that is not English."""

    def components(reference: Prompt, hypothesis: Audio, heard: Transcript) -> Components:
        language = reference.transcript.language or "en"
        if language != "en":
            raise NotRunnable(f"the prompt's language is {language!r}; {judge.model} hears English alone")
        return metric.components(reference.transcript, heard)

    return replace(metric, name=name, title=title, components=components, judge=judge)


ROUND_TRIP_WER = _round_trip(WER, "round_trip_wer", "word error rate of what whisper tiny.en hears", RECOGNISER)
ROUND_TRIP_CER = _round_trip(CER, "round_trip_cer", "character error rate of what whisper tiny.en hears", RECOGNISER)
SECOND_ROUND_TRIP_WER = _round_trip(
    WER, "second_round_trip_wer", "word error rate of what pocketsphinx hears, a much weaker recogniser", SECOND_RECOGNISER
)

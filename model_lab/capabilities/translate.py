"""Speech translation: what is said in any language, written in English."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities import _exports
from model_lab.capabilities._base import LANGUAGE, Capability, Column, Example, Perturbable, Resolve, Row, language_of
from model_lab.capabilities._grading import Grading
from model_lab.capabilities.asr import random_words, transcript_problems
from model_lab.capabilities.enhance import speech_like
from model_lab.errors import BadManifest
from model_lab.languages import ENGLISH
from model_lab.metrics import translation
from model_lab.types import Transcript
from model_lab.views import SampleContext, View, is_a
from model_lab.views.parts import Part, Remark, Text
from model_lab.views.transcript import line
from model_lab.wording import tokens


def _reference(row: Row, resolve: Resolve) -> translation.TranslationTruth:
    translated = columns.text(row, "translation")
    if not tokens(translated):
        raise BadManifest(f"column 'translation' is {columns.described(translated)}; expected words in English")
    spoken = language_of(row) if LANGUAGE.name in row else ""
    return translation.TranslationTruth(translated, spoken, columns.text(row, "text", ""))


def _example() -> Example:
    """A synthetic voice, which says nothing in any language: only the form of the answer is checked."""
    return Example((speech_like(),), translation.TranslationTruth("Nobody says a word here."))


def _reference_parts(sample: SampleContext) -> Iterable[Part]:
    reference = sample.reference
    said = [Remark(f"Said: {reference.source}")] if reference.source else []
    return [Text(reference.text), *said]


def _answer_parts(sample: SampleContext, answer: Transcript) -> Iterable[Part]:
    """The translation as it is: a good one may share few words with the reference, so that they are not aligned."""
    return [Text(answer.text) if answer.text.strip() else Remark("Empty translation.")]


CAPABILITY = Capability(
    name="translate",
    title="Speech translation",
    call="translate(audio: Audio) -> Transcript",
    answer="Transcript: the translation into English",
    view=View(fits=is_a(Transcript), reference=_reference_parts, answer=_answer_parts, line=line),
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column(
            "translation",
            "what is said in it, translated into English by people",
            aliases=("translated_text", "translation_en", "target", "target_text", "tgt_text"),
            typed=True,
        ),
        replace(LANGUAGE, meaning="language tag (ISO 639 or BCP 47: de, pt-BR, yue) of what is spoken"),
        Column("text", "what is said in it, in the language of the speech", required=False, aliases=columns.TEXT_ALIASES),
    ),
    metrics=(
        translation.BLEU.with_margin(2.0, "a choice: smaller differences of BLEU are seldom seen by people"),
        translation.CHRF,
        translation.LENGTH_ERROR,
    ),
    in_words="the translations score {value} of 100 against a person's (BLEU)",
    grading=Grading(
        (40.0, 30.0, 20.0, 10.0),
        reason=(
            "From 40 translations are of high quality, from 30 understandable to good, from 20 the gist is clear, from 10 it is hard to get, "
            "below they are almost useless; this holds for long texts and one reference."
        ),
        source="Google Cloud Translation, interpretation of BLEU scores",
    ),
    perturbable=Perturbable(speech=True, at_speed=at_speed.unchanged),
    reference=_reference,
    problems=transcript_problems,
    example=_example,
    null=lambda audio: Transcript("", language=ENGLISH),
    chance=random_words,
    ideal=lambda reference, audio: Transcript(reference.text, language=ENGLISH),
    exports=_exports.WORDS,
    hub_task="translation",
)

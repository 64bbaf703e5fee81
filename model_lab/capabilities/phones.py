"""Phone recognition: the sequence of speech sounds."""

from __future__ import annotations

import re

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities import _exports
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest
from model_lab.metrics import phones
from model_lab.types import Audio, Transcript
from model_lab.views.transcript import PHONES

_COMMON = ("ə", "n", "t", "ɪ", "s", "d", "l", "i", "ɹ", "k")
_NOT_IPA = re.compile(r"[A-Z0-9]|[^\w\s]", re.ASCII)
"""Characters of other alphabets (ARPAbet, X-SAMPA), and punctuation."""

_ARPABET = frozenset(["ah", "dh", "eh", "hh", "ih", "jh", "ng", "sh", "uh", "zh"])
"""Phones of ARPAbet in lower case that are not phones in IPA."""
_MOST_LETTERS = 3
"""A triphthong and a prenasalised affricate have three."""


def _reference(row: Row, resolve: Resolve) -> Transcript:
    text = columns.text(row, "phones")
    if fault := _not_ipa(text):
        raise BadManifest(f"phones has {fault!r}; expected phones in IPA, separated by spaces")
    if joined := next((phone for phone in text.split() if len(phones.normalise(phone)[0]) > _MOST_LETTERS), ""):
        raise BadManifest(f"phones has {joined!r} as one phone; expected a space between phones")
    if other := next((phone for phone in text.split() if phone in _ARPABET), ""):
        raise BadManifest(f"phones has {other!r}, which looks like ARPAbet; expected phones in IPA, separated by spaces")
    return Transcript(text)


def _problems(answer: object, audio: Audio) -> list[str]:
    if not isinstance(answer, Transcript):
        return [f"answer is a {type(answer).__name__}; expected Transcript"]
    fault = _not_ipa(answer.text)
    return [f"phone {fault!r} is not IPA; expected phones in IPA, separated by spaces"] if fault else []


def _not_ipa(text: str) -> str:
    """The first phone that is not written in IPA, or nothing."""
    ascii_or_ipa = ((phone, "".join(c for c in phone if c.isascii())) for phone in text.split())
    return next((phone for phone, letters in ascii_or_ipa if _NOT_IPA.search(letters) or not phones.normalise(phone)), "")


def _example() -> Example:
    """Two seconds of digital silence: a good recogniser finds no phones."""

    def surprise(answer: Transcript) -> str:
        recognised = answer.text.split()
        return f"finds {len(recognised)} phones in digital silence: {answer.text[:60]!r}" if len(recognised) > 3 else ""

    return Example((Audio(np.zeros(32000, np.float32), 16000),), Transcript(""), surprise)


def _chance(rng: np.random.Generator, audio: Audio) -> Transcript:
    """Ten phones a second, drawn from frequent ones of English."""
    return Transcript(" ".join(rng.choice(_COMMON, size=int(10 * audio.duration))))


CAPABILITY = Capability(
    name="phones",
    title="Phone recognition",
    in_words="{in_100} phones are wrong",
    call="recognize_phones(audio: Audio) -> Transcript",
    answer="Transcript: phones in IPA, separated by spaces; a diphthong or an affricate is one phone",
    view=PHONES,
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column("phones", "what is said in it: phones in IPA, separated by spaces", aliases=("phonemes", "phone", "ipa")),
        Column("text", "what is said in it, in normal spelling", required=False),
    ),
    metrics=(
        phones.PER.with_margin(0.02, "a choice: one phone in fifty"),
        phones.PER_NARROW,
        phones.SUBSTITUTED,
        phones.DELETED,
        phones.INSERTED,
    ),
    grading=Grading(
        (0.08, 0.15, 0.25, 0.4),
        reason=(
            "wav2vec 2.0 has 8.3 % errors on TIMIT, just beyond A; the hidden Markov models of Lee and Hon had 26 % on its "
            "39 classes, the end of C. Random phones err on 88 %."
        ),
        source="Baevski et al. 2020, wav2vec 2.0 (8.3 %); Lee and Hon 1989 (73.8 % correct)",
    ),
    perturbable=Perturbable(speech=True, at_speed=at_speed.transcript),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: Transcript(""),
    chance=_chance,
    ideal=lambda reference, audio: reference,
    exports=_exports.PHONES,
)

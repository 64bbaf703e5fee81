"""Language identification: which language is spoken."""

from __future__ import annotations

import numpy as np

from model_lab.capabilities._base import Capability, Column, Example, Resolve, Row, label_problems
from model_lab.capabilities.enhance import speech_like
from model_lab.errors import BadManifest
from model_lab.metrics import labels
from model_lab.types import Audio, Label

_COMMON = ("zh", "en", "es", "ar", "hi", "fr", "pt", "ru", "de", "ja", "it")
"""Languages that chance picks from: it is not told those of a dataset."""


def _reference(row: Row, resolve: Resolve) -> labels.ClassTruth:
    languages = {str(language): (str(language),) for language in row["languages"]}
    if row["language"] not in languages:
        raise BadManifest(f"language {row['language']!r} is not among languages; expected one of {', '.join(languages)}")
    return labels.ClassTruth(row["language"], languages)


def _example() -> Example:
    """A synthetic voice: it speaks no language, so that only the form of the answer is checked."""
    return Example((speech_like(),), labels.ClassTruth("en", {"en": ("en",), "fr": ("fr",)}))


def _chance(rng: np.random.Generator, audio: Audio) -> list[Label]:
    scores = sorted(rng.dirichlet(np.ones(len(_COMMON))), reverse=True)
    return [Label(str(name), float(score)) for name, score in zip(rng.permutation(_COMMON), scores, strict=True)]


CAPABILITY = Capability(
    name="langid",
    title="Spoken language",
    call="identify(audio: Audio) -> list[Label]",
    answer="list[Label]: ISO 639-1 codes of the languages the model knows, most likely first, scores 0 to 1",
    inputs=(("audio", "audio"),),
    columns=(
        Column("audio", "path of a sound file, relative to the manifest"),
        Column("language", "ISO 639-1 code of the language spoken"),
        Column("languages", "[codes] of all languages in the dataset, the same in every row; the choice is among them"),
    ),
    metrics=(labels.AVERAGE_RECALL, labels.TOP1, labels.MACRO_F1),
    reference=_reference,
    problems=label_problems,
    example=_example,
    null=lambda audio: [],
    chance=_chance,
    ideal=lambda reference, audio: [Label(reference.label, 1.0)],
)

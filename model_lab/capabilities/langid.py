"""Language identification: which language is spoken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from model_lab import languages
from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import (
    LANGUAGE,
    Agreement,
    Capability,
    Column,
    Example,
    Perturbable,
    Resolve,
    Row,
    label_problems,
    language_code,
)
from model_lab.capabilities._grading import Grading
from model_lab.capabilities.enhance import speech_like
from model_lab.metrics import calibration, labels
from model_lab.metrics._base import Components, Metric
from model_lab.types import Audio, Label
from model_lab.views.labels import of_classes

_COMMON = ("zh", "en", "es", "ar", "hi", "fr", "pt", "ru", "de", "ja", "it")
"""Languages that the random baseline picks from; it does not know those of a dataset."""


def _reference(row: Row, resolve: Resolve) -> labels.ClassTruth:
    classes = {code: (code,) for code in (language_code(tag, "languages") for tag in columns.names(row, "languages"))}
    spoken = language_code(row["language"], "language")
    return labels.ClassTruth(columns.one_of(spoken, classes, "language", "the languages"), classes)


def _canonical(label: Label) -> Label:
    """A label with the canonical code of the language that it names; any other, such as silence, unchanged."""
    return replace(label, name=languages.code_or_empty(label.name) or label.name)


def _components(reference: labels.ClassTruth, hypothesis: Sequence[Label]) -> Components:
    """As `labels.class_components`, with languages in the answer replaced by their canonical codes."""
    return labels.class_components(reference, [_canonical(label) for label in hypothesis])


def _as_reference(answer: Sequence[Label], reference: labels.ClassTruth) -> labels.ClassTruth | None:
    return labels.chosen_truth([_canonical(label) for label in answer], reference)


def _by_code(metric: Metric) -> Metric:
    return replace(metric, version=2, components=_components, scorer="")


_CALIBRATION_ERROR = replace(
    calibration.CALIBRATION_ERROR,
    components=lambda reference, hypothesis: calibration.confidence_components(
        reference, [_canonical(label) for label in hypothesis]
    ),
)


def _example() -> Example:
    """A synthetic voice, which speaks no language: only the form of the answer is checked."""
    return Example((speech_like(),), labels.ClassTruth("en", {"en": ("en",), "fr": ("fr",)}))


def _chance(rng: np.random.Generator, audio: Audio) -> list[Label]:
    scores = sorted(rng.dirichlet(np.ones(len(_COMMON))), reverse=True)
    return [Label(str(name), float(score)) for name, score in zip(rng.permutation(_COMMON), scores, strict=True)]


CAPABILITY = Capability(
    name="langid",
    title="Spoken language",
    in_words="{in_100} recordings are recognised, as a mean over the languages",
    call="identify(audio: Audio) -> list[Label]",
    answer="list[Label]: language tags (ISO 639 or BCP 47) of what the model knows, most likely first, scores 0 to 1",
    view=of_classes(_by_code(labels.AVERAGE_RECALL)),
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        replace(
            LANGUAGE,
            meaning="language tag (ISO 639 or BCP 47: en, en-US, yue) of what is spoken",
            required=True,
            aliases=(*LANGUAGE.aliases, *columns.LABEL_ALIASES, "label"),
        ),
        Column(
            "languages",
            "[tags] of all languages in the dataset, the same in every row; models are scored on these",
            constant=True,
        ),
    ),
    metrics=(
        _by_code(labels.AVERAGE_RECALL).with_margin(0.02, "a choice: one utterance in fifty"),
        _by_code(labels.TOP1),
        _by_code(labels.MACRO_F1),
        _CALIBRATION_ERROR,
    ),
    grading=Grading(
        (0.96, 0.9, 0.8, 0.5),
        measure="share",
        over="chance",
        reason=(
            "Recall starts at 1 over the number of languages, so (recall - chance) / (1 - chance) is graded. ECAPA-TDNN "
            "trained on VoxLingua107 errs on 6.7 % of clips among 107 languages, a B."
        ),
        source=("SpeechBrain recipe for VoxLingua107 (error 6.7 % on dev); the steps are a convention of this bench"),
    ),
    perturbable=Perturbable(speech=True, at_speed=at_speed.unchanged),
    reference=_reference,
    problems=label_problems,
    example=_example,
    null=lambda audio: [],
    chance=_chance,
    ideal=lambda reference, audio: [Label(reference.label, 1.0)],
    language="",
    agreement=Agreement(_as_reference, agree=1.0, differ=0.0),
    hub_task="audio-classification",
)

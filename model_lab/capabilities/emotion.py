"""Speech emotion recognition: the emotion that a voice expresses."""

from __future__ import annotations

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Agreement, Capability, Column, Example, Perturbable, label_problems
from model_lab.capabilities._grading import Grading
from model_lab.capabilities.classify import class_truth
from model_lab.capabilities.enhance import speech_like
from model_lab.metrics import calibration, labels
from model_lab.types import Audio, Label
from model_lab.views.labels import of_classes

_EMOTIONS = ("neutral", "happy", "sad", "angry", "fear", "disgust", "surprise")
"""Six basic emotions (Ekman 1992) and neutral, which the random baseline picks from."""


def _example() -> Example:
    """A synthetic voice, which expresses no emotion: only the form of the answer is checked."""
    return Example((speech_like(),), labels.ClassTruth("neutral", {"neutral": ("neutral",), "angry": ("angry",)}))


def _chance(rng: np.random.Generator, audio: Audio) -> list[Label]:
    scores = sorted(rng.dirichlet(np.ones(len(_EMOTIONS))), reverse=True)
    return [Label(str(name), float(score)) for name, score in zip(rng.permutation(_EMOTIONS), scores, strict=True)]


CAPABILITY = Capability(
    name="emotion",
    title="Speech emotion",
    in_words="{in_100} recordings are recognised, as a mean over the emotions",
    call="recognize(audio: Audio) -> list[Label]",
    answer="list[Label]: the emotions the model knows, most likely first, scores 0 to 1",
    view=of_classes(labels.AVERAGE_RECALL),
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column("label", "the emotion, as the dataset calls it", aliases=columns.LABEL_ALIASES, names=True),
        Column(
            "classes", "{emotion: [names a model may use for it, ...]} of the whole dataset, the same in every row", constant=True
        ),
    ),
    metrics=(
        labels.AVERAGE_RECALL.with_margin(
            0.03, "a choice: three utterances in a hundred; raters themselves disagree on far more"
        ),
        labels.TOP1,
        labels.MACRO_F1,
        calibration.CALIBRATION_ERROR,
    ),
    grading=Grading(
        (0.7, 0.5, 0.3, 0.1),
        measure="share",
        over="chance",
        reason=(
            "Recall starts at 1 over the number of classes, so (recall - chance) / (1 - chance) is graded. People who hear "
            "CREMA-D's clips without seeing them name 40.9 % of six emotions as intended, a share of 0.29: C is about what "
            "people reach on acted, unclear speech, A needs exaggerated or lexical cues."
        ),
        source=(
            "Cao et al. 2014, CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset (audio only: 40.9 %); Schuller et "
            "al. 2009 (the measure)"
        ),
    ),
    perturbable=Perturbable(speech=True, at_speed=at_speed.unchanged),
    reference=class_truth,
    problems=label_problems,
    example=_example,
    null=lambda audio: [],
    chance=_chance,
    ideal=lambda reference, audio: [Label(reference.label, 1.0)],
    agreement=Agreement(labels.chosen_truth, agree=1.0, differ=0.0),
    hub_task="audio-classification",
)

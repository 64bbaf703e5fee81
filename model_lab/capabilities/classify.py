"""Sound classification: what kind of sound it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Agreement, Capability, Column, Example, Perturbable, Resolve, Row, label_problems
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest
from model_lab.metrics import calibration, labels
from model_lab.types import Audio, Label
from model_lab.views.labels import of_classes

_COMMON = (
    "Speech",
    "Music",
    "Dog",
    "Cat",
    "Bird",
    "Rain",
    "Wind",
    "Engine",
    "Siren",
    "Bell",
    "Guitar",
    "Piano",
    "Drum",
    "Silence",
)
"""Display names of AudioSet that the random baseline picks from; it does not know the classes of a dataset."""


def class_truth(row: Row, resolve: Resolve) -> labels.ClassTruth:
    """Read the one correct class of a row, and all classes of its dataset.

    Args:
        row: Row of a manifest.
        resolve: Resolves paths in the row.

    Returns:
        The class, and the names by which a model may call each class.

    Raises:
        BadManifest: A column has another form, or the class is not among ``classes``.
    """
    return _truth(row, (columns.name(row, "label"),))


def _reference(row: Row, resolve: Resolve) -> labels.ClassTruth:
    """As `class_truth`, where ``label`` may list several classes."""
    if not isinstance(row["label"], list):
        return class_truth(row, resolve)
    right = columns.names(row, "label")
    if not right or len(set(right)) < len(right):
        raise BadManifest(
            f"column 'label' is {columns.described(row['label'])}; expected a text, or texts that differ, at least one"
        )
    return _truth(row, right)


def _truth(row: Row, right: Sequence[str]) -> labels.ClassTruth:
    names_by_class = row["classes"]
    if not isinstance(names_by_class, dict) or not names_by_class:
        raise BadManifest(
            f"column 'classes' is {columns.described(names_by_class)}; expected {{class: [names a model may use for it, ...]}}"
        )
    classes = {
        columns.as_name(name, "a class"): columns.as_names(names, f"classes, {name!r},") for name, names in names_by_class.items()
    }
    columns.distinct(classes, "classes")
    label, *others = (columns.one_of(name, classes, "label", "the classes") for name in right)
    return labels.ClassTruth(label, classes, tuple(others))


def _example() -> Example:
    """Two seconds of white noise, which models call many things: only the form of the answer is checked."""
    noise = np.random.default_rng(0).standard_normal(32000) * 0.1
    reference = labels.ClassTruth("noise", {"noise": ("White noise", "Noise", "Static"), "silence": ("Silence",)})
    return Example((Audio(noise.astype(np.float32), 16000),), reference)


def _chance(rng: np.random.Generator, audio: Audio) -> list[Label]:
    scores = sorted(rng.random(len(_COMMON)), reverse=True)
    return [Label(str(name), float(score)) for name, score in zip(rng.permutation(_COMMON), scores, strict=True)]


def _ideal(reference: labels.ClassTruth, audio: Audio) -> list[Label]:
    others = sorted(set(reference.classes) - set(reference.labels))
    return [*(Label(name, 1.0) for name in reference.labels), *(Label(name, 0.0) for name in others)]


CAPABILITY = Capability(
    name="classify",
    title="Sound classification",
    in_words="of the recordings that it lists for a class, {in_100} belong to it (mean average precision)",
    call="classify(audio: Audio) -> list[Label]",
    answer="list[Label]: all the model's classes, most likely first, scores 0 to 1",
    view=of_classes(labels.MEAN_AVERAGE_PRECISION),
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column("label", "the correct class, or a list of several", aliases=columns.LABEL_ALIASES, names=True),
        Column(
            "classes", "{class: [names a model may use for it, ...]} of the whole dataset, the same in every row", constant=True
        ),
    ),
    metrics=(
        labels.MEAN_AVERAGE_PRECISION.with_margin(
            0.02, "a choice: two classes in a hundred that go from never right to always right"
        ),
        labels.TOP1,
        labels.MACRO_F1,
        calibration.CALIBRATION_ERROR,
    ),
    grading=Grading(
        (0.8, 0.6, 0.4, 0.2),
        measure="share",
        over="chance",
        reason=(
            "Mean average precision starts at the prevalence of the classes (0.5 with two, 0.03 with thirty), so the share "
            "of what lies between a random answer and a perfect one is graded. YAMNet has 0.31 on AudioSet's 521 classes "
            "and zero-shot CLAP 0.83 accuracy on ESC-50's 50: a C or D is common on many classes, an A on few."
        ),
        source=(
            "tensorflow/models, YAMNet (balanced mAP 0.306); Microsoft CLAP (ESC-50 zero-shot 82.6 %); the steps are a "
            "convention of this bench"
        ),
    ),
    names_every_class=True,
    perturbable=Perturbable(at_speed=at_speed.unchanged),
    reference=_reference,
    problems=label_problems,
    example=_example,
    null=lambda audio: [],
    chance=_chance,
    ideal=_ideal,
    agreement=Agreement(labels.chosen_truth, agree=1.0, differ=0.0, metric="top1"),
    hub_task="audio-classification",
)

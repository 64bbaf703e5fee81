"""Sound embedding: a sound as a vector, close to the vectors of similar sounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.capabilities._vectors import constant, direction, direction_of, vector_problems
from model_lab.metrics import embeddings
from model_lab.types import Audio
from model_lab.views.parts import Text
from model_lab.views.vectors import VECTOR


def _reference(row: Row, resolve: Resolve) -> embeddings.SoundTruth:
    return embeddings.SoundTruth(columns.name(row, "label"), columns.cluster(row))


def _example() -> Example:
    """Two seconds of white noise: one sound does not show how good an embedding is, so only the form is checked."""
    noise = np.random.default_rng(0).standard_normal(32000) * 0.1
    return Example((Audio(noise.astype(np.float32), 16000),), embeddings.SoundTruth("noise", "noise"))


CAPABILITY = Capability(
    name="embed",
    title="Sound embedding",
    in_words="of the recordings that it finds most alike, {in_100} are of the same class (mean average precision)",
    call="embed_sound(audio: Audio) -> FloatArray",
    answer="float32 array of shape (d,) and length 1, compared by cosine",
    view=replace(VECTOR, reference=lambda sample: [Text(sample.reference.label)]),
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column(
            "label", "what kind of sound it is; recordings with one label are similar", aliases=columns.LABEL_ALIASES, names=True
        ),
    ),
    metrics=(
        embeddings.RETRIEVAL_MAP.with_margin(0.02, "a choice: one query in fifty that goes from last to first"),
        embeddings.NEAREST_NEIGHBOUR,
    ),
    grading=Grading(
        (0.85, 0.7, 0.5, 0.3),
        measure="share",
        over="chance",
        reason=(
            "Retrieval precision starts at the prevalence of a class, so the share of what lies between random vectors and "
            "a perfect order is graded. At C every second sound that comes back is of another kind."
        ),
        source=(
            "Manning et al. 2008, Introduction to Information Retrieval, chapter 8 (the measure); the steps are a "
            "convention of this bench"
        ),
    ),
    perturbable=Perturbable(at_speed=at_speed.unchanged),
    reference=_reference,
    problems=lambda answer, audio: vector_problems(answer),
    example=_example,
    null=lambda audio: constant(),
    chance=lambda rng, audio: direction(rng),
    ideal=lambda reference, audio: direction_of(reference.label),
    hub_task="feature-extraction",
)

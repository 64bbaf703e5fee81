"""Speaker embedding: a voice as a vector, close to other vectors of the same voice."""

from __future__ import annotations

from dataclasses import replace

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Capability, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.capabilities._vectors import constant, direction, direction_of, vector_problems
from model_lab.capabilities.enhance import speech_like
from model_lab.metrics import speaker
from model_lab.views.parts import Text
from model_lab.views.vectors import VECTOR


def _reference(row: Row, resolve: Resolve) -> speaker.VoiceTruth:
    return speaker.VoiceTruth(columns.name(row, "speaker"), str(row.get("id", row["audio"])))


def _example() -> Example:
    """A synthetic voice, which does not show how good an embedding is: only the form is checked."""
    return Example((speech_like(),), speaker.VoiceTruth("synthetic", "speech_like"))


CAPABILITY = Capability(
    name="speaker_embed",
    title="Speaker embedding",
    in_words="{in_100} comparisons of voices are wrong, with misses and false matches equally frequent (EER)",
    call="embed(audio: Audio) -> FloatArray",
    answer="float32 array of shape (d,) and length 1, compared by cosine",
    view=replace(VECTOR, reference=lambda sample: [Text(sample.reference.speaker)]),
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        replace(columns.SPEAKER, required=True, names=True),
    ),
    metrics=(
        speaker.PAIR_EER.with_margin(0.01, "a choice: one trial in a hundred"),
        speaker.PAIR_MIN_DCF,
        speaker.PAIR_MIN_DCF_VOXCELEB,
    ),
    grading=Grading(
        (0.01, 0.03, 0.08, 0.2),
        reason=(
            "The equal error rate says how often a wrong person gets in or the right one stays out; chance is 0.5 on any "
            "data. ECAPA-TDNN has 0.80 to 0.90 % on VoxCeleb1-O, an A, and x-vectors with PLDA 3.2 %, the end of B."
        ),
        source=("SpeechBrain recipes for VoxCeleb (ECAPA-TDNN 0.80 %, x-vector 3.23 %); Desplanques et al. 2020, ECAPA-TDNN"),
    ),
    perturbable=Perturbable(speech=True, at_speed=at_speed.unchanged),
    reference=_reference,
    problems=lambda answer, audio: vector_problems(answer),
    example=_example,
    null=lambda audio: constant(),
    chance=lambda rng, audio: direction(rng),
    ideal=lambda reference, audio: direction_of(reference.speaker),
    hub_task="feature-extraction",
)

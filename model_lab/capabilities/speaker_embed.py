"""Speaker embedding: a voice as a vector, near to the vectors of the same voice."""

from __future__ import annotations

import hashlib

import numpy as np

from model_lab.capabilities._base import Capability, Column, Example, Resolve, Row, vector_problems
from model_lab.capabilities.enhance import speech_like
from model_lab.metrics import speaker
from model_lab.types import Audio, FloatArray

_SIZE = 256


def _reference(row: Row, resolve: Resolve) -> speaker.VoiceTruth:
    return speaker.VoiceTruth(str(row["speaker"]), str(row.get("id", row["audio"])))


def _example() -> Example:
    """A synthetic voice: synthetic sound cannot tell good embeddings from bad, so that only the form is checked."""
    return Example((speech_like(),), speaker.VoiceTruth("synthetic", "speech_like"))


def _direction(rng: np.random.Generator) -> FloatArray:
    vector = rng.standard_normal(_SIZE)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _ideal(reference: speaker.VoiceTruth, audio: Audio) -> FloatArray:
    """A direction of its own for every speaker."""
    seed = int.from_bytes(hashlib.sha256(reference.speaker.encode()).digest()[:8], "big")
    return _direction(np.random.default_rng(seed))


CAPABILITY = Capability(
    name="speaker_embed",
    title="Speaker embedding",
    call="embed(audio: Audio) -> FloatArray",
    answer="float32 array of shape (d,) and length 1, compared by cosine",
    inputs=(("audio", "audio"),),
    columns=(
        Column("audio", "path of a sound file, relative to the manifest"),
        Column("speaker", "who speaks in it"),
    ),
    metrics=(speaker.PAIR_EER, speaker.PAIR_MIN_DCF),
    reference=_reference,
    problems=lambda answer, audio: vector_problems(answer),
    example=_example,
    null=lambda audio: np.full(_SIZE, _SIZE**-0.5, np.float32),
    chance=lambda rng, audio: _direction(rng),
    ideal=_ideal,
)

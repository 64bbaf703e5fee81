"""Speaker verification: whether two recordings are of the same speaker."""

from __future__ import annotations

import math
from dataclasses import replace
from numbers import Real

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.capabilities.enhance import speech_like
from model_lab.errors import BadManifest
from model_lab.metrics import calibration, speaker
from model_lab.types import Audio
from model_lab.views.numbers import NUMBER
from model_lab.views.parts import Text

_SAME = ("target", "label", "same_speaker", "is_same", "is_target", "match", "trial")


def _reference(row: Row, resolve: Resolve) -> speaker.Trial:
    same = row["same"]
    if not isinstance(same, bool):
        raise BadManifest(f"column 'same' is {columns.described(same)}; expected true (one speaker) or false")
    return speaker.Trial(same, columns.cluster(row))


def _problems(answer: object, a: Audio, b: Audio) -> list[str]:
    if isinstance(answer, bool) or not isinstance(answer, Real):
        return [f"answer is a {type(answer).__name__}; expected a float, higher for the same speaker"]
    return [] if math.isfinite(answer) else [f"answer is {answer}; expected a finite number"]


def _example() -> Example:
    """A synthetic voice and itself: the score must be a number, on any scale."""
    voice = speech_like()
    return Example((voice, voice), speaker.Trial(True))


CAPABILITY = Capability(
    name="speaker_verify",
    title="Speaker verification",
    in_words="{in_100} comparisons of voices are wrong, with misses and false matches equally frequent (EER)",
    call="score(a: Audio, b: Audio) -> float",
    answer="float, higher = more likely the same speaker",
    view=replace(NUMBER, reference=lambda sample: [Text("one speaker" if sample.reference.same else "two speakers")]),
    inputs=(("audio", "audio"), ("audio", "audio_b")),
    columns=(
        columns.AUDIO,
        Column(
            "audio_b", "path of the recording to compare it with", aliases=("audio_2", "audio2", "audio_test", "test", "other")
        ),
        Column("same", "true if the same speaker speaks in both, else false", aliases=_SAME),
        Column(
            "speaker",
            "who speaks in audio, the enrolled recording; trials are resampled by it if there is no group",
            required=False,
        ),
    ),
    metrics=(
        speaker.TRIAL_EER.with_margin(0.01, "a choice: one trial in a hundred"),
        speaker.TRIAL_MIN_DCF,
        speaker.TRIAL_MIN_DCF_VOXCELEB,
        speaker.TRIAL_HTER,
        calibration.MIN_CLLR,
        calibration.CLLR,
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
    problems=_problems,
    example=_example,
    null=lambda a, b: 0.0,
    chance=lambda rng, a, b: float(rng.random()),
    ideal=lambda reference, a, b: float(reference.same),
)

"""Sound quality: the perceived quality of a recording, predicted by a model. These models also judge other capabilities."""

from __future__ import annotations

import math
from dataclasses import replace
from numbers import Real

import numpy as np

from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.capabilities.enhance import speech_like
from model_lab.metrics import quality
from model_lab.types import Audio
from model_lab.views.numbers import SCALES
from model_lab.views.parts import Facts

_SNR_DB = 20.0


def _reference(row: Row, resolve: Resolve) -> float:
    return columns.number(row, "snr_db", -200.0, 200.0, "dB, higher = less noise")


def _problems(answer: object, audio: Audio, clean: Audio | None) -> list[str]:
    if not isinstance(answer, dict) or not answer:
        return [f"answer is {str(answer)[:40]!r}; expected a dict of scale names and values, the main scale first"]
    return [
        f"{name} is {value!r}; expected a finite number"
        for name, value in answer.items()
        if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value)
    ][:3]


def _example() -> Example:
    """A synthetic voice with noise at 20 dB SNR, which has no exact value on any scale: only the form is checked."""
    clean = speech_like()
    noise = np.random.default_rng(0).standard_normal(clean.frames) * clean.samples.std() * 10 ** (-_SNR_DB / 20)
    return Example((Audio((clean.samples + noise).astype(np.float32), clean.sample_rate), clean), _SNR_DB)


CAPABILITY = Capability(
    name="quality",
    title="Sound quality",
    in_words="{in_100} pairs of recordings are put in the order of their damage",
    call="rate(audio: Audio, clean: Audio | None) -> dict[str, float]",
    answer="dict of scale name and value; the first scale is the main one, higher = better",
    view=replace(SCALES, reference=lambda sample: [Facts({"signal-to-noise ratio": f"{sample.reference:g} dB"})]),
    inputs=(("audio", "audio"), ("audio", "clean")),
    columns=(
        columns.AUDIO,
        Column("clean", "path of the recording without noise, for models that compare the two", required=False),
        Column("snr_db", "signal-to-noise ratio in dB: higher = less noise", aliases=("snr", "snr_dB")),
    ),
    metrics=(quality.CONCORDANCE.with_margin(0.02, "a choice: one pair in fifty put in the wrong order"),),
    grading=Grading(
        (0.94, 0.86, 0.7, 0.4),
        measure="share",
        over="chance",
        reason=(
            "A coin puts half of all pairs in order, so the share above that is graded, which is Kendall's tau. PESQ itself "
            "correlates at 0.93 with listeners on ITU's data, the end of A."
        ),
        source="Kendall 1938; Rix et al. 2001, PESQ (correlation 0.935 over 22 ITU benchmarks)",
    ),
    perturbable=Perturbable(never="its reference is the noise level itself, which this would change"),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio, clean: {"constant": 0.0},
    chance=lambda rng, audio, clean: {"random": float(rng.random())},
    ideal=lambda reference, audio, clean: {"snr_db": reference},
)

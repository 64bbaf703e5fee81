"""Synthetic speech: to play, with the transcript of the judging recogniser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model_lab.metrics.text import RECOGNISER
from model_lab.types import Transcript
from model_lab.views._base import SampleContext
from model_lab.views.parts import Part, Remark, Sound
from model_lab.views.sounds import SOUND
from model_lab.views.transcript import difference, transcript_of


def _reference(sample: SampleContext) -> list[Part]:
    reading = sample.reference.reading
    return [Sound("read by a person", reading) if reading else Remark("The text itself; there is no human reading.")]


def _recognised(sample: SampleContext, judge: str, answer: Any) -> list[Part]:
    if not isinstance(answer, Transcript):
        return []
    return [Remark(f"{judge} recognised:"), *difference(transcript_of(sample.reference), answer.text)]


SPEECH = replace(SOUND, reference=_reference, judged={RECOGNISER.capability: _recognised})
"""An `Audio` that says a `Prompt`."""

"""Voice activity detection: where there is speech."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from model_lab import audio as sound
from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities import _exports
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row, span_problems
from model_lab.capabilities._grading import Grading
from model_lab.metrics import segments
from model_lab.types import Audio, Segment
from model_lab.views.segments import SEGMENTS


def _reference(row: Row, resolve: Resolve) -> segments.SpeechTruth:
    return segments.SpeechTruth(columns.spans(row, "speech"), sound.read(resolve(row["audio"])).duration)


def _problems(answer: object, audio: Audio) -> list[str]:
    if faults := span_problems(answer, Segment, audio.duration):
        return faults
    assert isinstance(answer, (list, tuple))
    return [
        f"speech at {later.start:.3f} s follows speech that ends at {earlier.end:.3f} s; expected rising, without overlap"
        for earlier, later in pairwise(answer)
        if later.start < earlier.end - 1e-6
    ][:3]


def _example() -> Example:
    """Two seconds of digital silence: there is no speech."""

    def surprise(answer: list[Segment]) -> str:
        return f"finds {len(answer)} segments of speech in digital silence" if answer else ""

    return Example((Audio(np.zeros(32000, np.float32), 16000),), segments.SpeechTruth((), 2.0), surprise)


def _chance(rng: np.random.Generator, audio: Audio) -> list[Segment]:
    """Alternating speech and silence, each one second long on average."""
    edges = np.cumsum(rng.exponential(1.0, size=int(2 * audio.duration) + 8))
    edges = edges[edges < audio.duration]
    return [Segment(float(start), float(end)) for start, end in zip(edges[::2], edges[1::2], strict=False)]


def _at_speed(reference: segments.SpeechTruth, factor: float) -> segments.SpeechTruth:
    return segments.SpeechTruth(at_speed.spans(reference.segments, factor), at_speed.time(reference.duration, factor))


CAPABILITY = Capability(
    name="vad",
    title="Voice activity detection",
    in_words="{in_100} seconds of speech are missed, or marked where nobody speaks",
    call="detect(audio: Audio) -> list[Segment]",
    answer="list[Segment]",
    view=SEGMENTS,
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column(
            "speech",
            "[[start, end], ...] of all speech, in seconds; [] if there is none",
            aliases=("speech_segments", "segments", "vad"),
        ),
    ),
    metrics=(
        segments.DETECTION_ERROR_RATE.with_margin(0.02, "a choice: 1.2 s of every minute of speech"),
        segments.DETECTION_F1,
        segments.MISS_RATE,
        segments.FALSE_ALARM_RATE,
    ),
    grading=Grading(
        (0.05, 0.1, 0.2, 0.5),
        reason=(
            "Missed and false speech is felt as it is, and an empty answer has an error of 1 on any data. A is about the "
            "time that people differ at the borders of utterances; at D half a second is wrong for every second of speech."
        ),
        source="Bredin 2017, pyannote.metrics (the measure); the steps are a convention of this bench",
    ),
    perturbable=Perturbable(speech=True, at_speed=_at_speed),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: [],
    chance=_chance,
    ideal=lambda reference, audio: list(reference.segments),
    latest=lambda reference: max((segment.end for segment in reference.segments), default=0.0),
    exports=_exports.SPEECH,
    hub_task="voice-activity-detection",
)

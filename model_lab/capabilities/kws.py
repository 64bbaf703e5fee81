"""Keyword spotting: which of a few keywords are said, and when, in a stream of other sound."""

from __future__ import annotations

import math

import numpy as np

from model_lab import audio as sound
from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row, span_problems
from model_lab.capabilities._grading import Grading
from model_lab.capabilities.enhance import speech_like
from model_lab.errors import BadManifest
from model_lab.metrics import keywords as spotting
from model_lab.types import Audio, Detection, Segment
from model_lab.views.keywords import DETECTIONS

Keywords = dict[str, list[Audio]]
"""Keyword -> recordings of it for enrolment, possibly none."""
_SPOKEN = "[keyword, start, end]"


def _reference(row: Row, resolve: Resolve) -> spotting.KeywordTruth:
    keywords = row["keywords"]
    if not isinstance(keywords, dict) or not keywords or not all(isinstance(paths, list) for paths in keywords.values()):
        raise BadManifest(f"column 'keywords' is {columns.described(keywords)}; expected {{keyword: [paths, ...]}}, one or more")
    columns.distinct([columns.as_name(keyword, "a keyword") for keyword in keywords], "keywords")
    spoken = tuple(
        _spoken(one, keywords, f"spoken[{place}]") for place, one in enumerate(columns.items(row, "spoken", f"[{_SPOKEN}, ...]"))
    )
    return spotting.KeywordTruth(spoken, sound.read(resolve(row["audio"])).duration)


def _spoken(value: object, keywords: dict[str, object], what: str) -> Segment:
    keyword, start, end = columns.as_list(value, 3, what, _SPOKEN)
    columns.one_of(columns.as_text(keyword, what), keywords, f"{what}:", "the keywords")
    return Segment(*columns.span(start, end, what), keyword)


def _problems(answer: object, audio: Audio, keywords: Keywords) -> list[str]:
    if faults := span_problems(answer, Detection, audio.duration):
        return faults
    assert isinstance(answer, (list, tuple))
    unknown = [f"{detection.keyword!r} is not one of the keywords" for detection in answer if detection.keyword not in keywords]
    infinite = [
        f"{detection.keyword!r} has the score {detection.score}; expected a finite number"
        for detection in answer
        if not math.isfinite(detection.score)
    ]
    return (unknown + infinite)[:3]


def _example() -> Example:
    """Silence, the sound enrolled for the keyword, silence: nothing may be detected in the silence.

    The sound itself may be detected or not: it is synthetic, and a model trained on the word "alexa" may reject it.
    """
    enrolled, silence = speech_like(0.9), np.zeros(24000, np.float32)
    spoken = Segment(1.5, 1.5 + enrolled.duration, "alexa")
    audio = Audio(np.concatenate([silence, enrolled.samples, silence]), enrolled.sample_rate)

    def surprise(answer: list[Detection]) -> str:
        elsewhere = [
            detection
            for detection in answer
            if detection.accepted and not (detection.start < spoken.end + 0.5 and detection.end > spoken.start - 0.5)
        ]
        return f"finds a keyword at {elsewhere[0].start:.2f} s, in digital silence" if elsewhere else ""

    return Example((audio, {"alexa": [enrolled]}), spotting.KeywordTruth((spoken,), audio.duration), surprise)


def _chance(rng: np.random.Generator, audio: Audio, keywords: Keywords) -> list[Detection]:
    """One detection in ten seconds or so, each of any keyword and at most 0.8 s long."""
    starts = np.sort(rng.uniform(0, audio.duration, size=rng.poisson(audio.duration / 10)))
    return [
        Detection(str(rng.choice(sorted(keywords))), float(start), min(float(start) + 0.8, audio.duration), float(rng.random()))
        for start in starts
        if start < audio.duration and keywords
    ]


def _at_speed(reference: spotting.KeywordTruth, factor: float) -> spotting.KeywordTruth:
    return spotting.KeywordTruth(at_speed.spans(reference.spoken, factor), at_speed.time(reference.duration, factor))


CAPABILITY = Capability(
    name="kws",
    title="Keyword spotting",
    in_words="{in_100} keywords are missed at one false alarm an hour",
    call="spot(audio: Audio, keywords: dict[str, list[Audio]]) -> list[Detection]",
    answer="list[Detection] of these keywords; those below the model's own threshold are marked as not accepted",
    view=DETECTIONS,
    inputs=(("audio", "audio"), ("audio", "keywords")),
    columns=(
        columns.AUDIO,
        Column(
            "keywords",
            "{keyword: [paths of enrolment recordings by other speakers, ...]}; a list may be empty",
            sounds="named lists",
        ),
        Column("spoken", "[[keyword, start, end], ...] of all keywords spoken, in seconds; [] if there are none"),
    ),
    metrics=(
        spotting.MISS_RATE_AT_1.with_margin(0.02, "a choice: one command in fifty that has to be said again"),
        spotting.FALSE_ALARMS,
        spotting.MISS_RATE,
        spotting.F1,
    ),
    grading=Grading(
        (0.97, 0.92, 0.8, 0.5),
        measure="share",
        over="chance",
        reason=(
            "With few keywords even random detections hit some, so the share of their misses that a model removes, at one "
            "false alarm an hour, is graded. A device that is called ten times a day misses about two calls a week at A and "
            "five a day at D."
        ),
        source="Arithmetic from ten calls a day; the steps are a convention of this bench",
    ),
    perturbable=Perturbable(speech=True, at_speed=_at_speed),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio, keywords: [],
    chance=_chance,
    ideal=lambda reference, audio, keywords: [
        Detection(segment.label, segment.start, segment.end, 1.0) for segment in reference.spoken
    ],
    latest=lambda reference: max((segment.end for segment in reference.spoken), default=0.0),
    language="",  # a row's language is that of the speech around the keywords
)

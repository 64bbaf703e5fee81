"""Speaker diarization: who spoke when."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities import _exports
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row, span_problems
from model_lab.capabilities._grading import Grading
from model_lab.formats import rttm
from model_lab.metrics import segments
from model_lab.types import Audio, Turn
from model_lab.views.turns import TURNS


def _reference(row: Row, resolve: Resolve) -> segments.SpeakerTruth:
    columns.one_alone(row, "rttm", "turns")
    by_file = "rttm" in row
    turns = rttm.turns(resolve(row["rttm"]), Path(row["audio"]).stem) if by_file else turns_of(row)
    columns.distinct((turn.speaker for turn in turns), "rttm" if by_file else "turns")
    return segments.SpeakerTruth(turns, columns.spans(row, "uem") if "uem" in row else ())


def turns_of(row: Row) -> tuple[Turn, ...]:
    """Read the column ``turns``.

    Args:
        row: Row of a manifest.

    Returns:
        Turns with 0 <= start < end in seconds, in the order of the row. Raises `BadManifest` for another form.
    """
    turns = columns.items(row, "turns", "[{start, end, speaker}, ...]")
    return tuple(_turn(turn, f"turns[{place}]") for place, turn in enumerate(turns))


def _turn(fields: object, what: str) -> Turn:
    start, end, speaker = columns.as_fields(fields, what, "start", "end", "speaker")
    named = columns.as_name(speaker, f"{what}, its speaker,")
    return Turn(*columns.span(start, end, f"{what} of {named}"), named)


def _problems(answer: object, audio: Audio) -> list[str]:
    if faults := span_problems(answer, Turn, audio.duration):
        return faults
    assert isinstance(answer, (list, tuple))
    unsorted = [
        f"the turn at {later.start:.3f} s follows one at {earlier.start:.3f} s; expected rising starts"
        for earlier, later in pairwise(answer)
        if later.start < earlier.start
    ]
    unnamed = [f"the turn at {turn.start:.3f} s has no speaker" for turn in answer if not turn.speaker]
    return (unsorted + unnamed)[:3]


def _example() -> Example:
    """Two seconds of digital silence: nobody speaks."""

    def surprise(answer: list[Turn]) -> str:
        return f"finds {len({turn.speaker for turn in answer})} speakers in digital silence" if answer else ""

    return Example((Audio(np.zeros(32000, np.float32), 16000),), segments.SpeakerTruth(()), surprise)


def _chance(rng: np.random.Generator, audio: Audio) -> list[Turn]:
    """One of two speakers at any time, for two seconds on average."""
    edges = np.cumsum(rng.exponential(2.0, size=int(audio.duration) + 8))
    edges = np.concatenate([[0.0], edges[edges < audio.duration], [audio.duration]])
    return [Turn(float(start), float(end), str(rng.choice(["A", "B"]))) for start, end in pairwise(edges) if end > start]


def _at_speed(reference: segments.SpeakerTruth, factor: float) -> segments.SpeakerTruth:
    return segments.SpeakerTruth(at_speed.spans(reference.turns, factor), at_speed.spans(reference.uem, factor))


CAPABILITY = Capability(
    name="diarization",
    title="Speaker diarization",
    in_words="{in_100} seconds of speech are missed, invented or given to the wrong speaker",
    call="diarize(audio: Audio) -> list[Turn]",
    answer="list[Turn]",
    view=TURNS,
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column(
            "turns",
            "[{start, end, speaker}, ...] in seconds; or give rttm",
            required=False,
            aliases=("segments", "speakers_turns", "annotation"),
        ),
        Column(
            "rttm",
            "path of an RTTM file, in place of turns",
            required=False,
            aliases=("rttm_filepath", "rttm_path", "rttm_file"),
            file=True,
        ),
        Column("uem", "[[start, end], ...] of the parts that are scored, in seconds; all if absent", required=False),
    ),
    metrics=(
        segments.DER.with_margin(0.02, "a choice: 1.2 s of every minute of speech"),
        segments.DER_SINGLE,
        segments.DER_COLLAR,
        segments.DER_COLLAR_NIST,
        segments.DER_COLLAR_OVERLAP,
        segments.JER,
        segments.WORST_SPEAKER,
        segments.CONFUSION_SHARE,
        segments.MISS_SHARE,
        segments.FALSE_ALARM_SHARE,
        segments.SPEAKER_COUNT_ERROR,
    ),
    grading=Grading(
        (0.87, 0.78, 0.65, 0.4),
        measure="share",
        over="chance",
        reason=(
            "The error that is left depends on the number of speakers and on how much of the recording is speech, and so "
            "does the error of random turns, so the share of the latter that is removed is graded. Random turns have an "
            "error of about 0.7: pyannote 3.1 removes 84 % of that on VoxConverse (DER 11.2 %) and 73 % on AMI (18.8 %), a "
            "B and a C."
        ),
        source=(
            "pyannote.audio README of 2025-09 (DER of speaker-diarization-3.1); the random error of about 0.7 was measured "
            "by this bench on turns_mix and phone_turns"
        ),
    ),
    perturbable=Perturbable(speech=True, at_speed=_at_speed),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: [],
    chance=_chance,
    ideal=lambda reference, audio: sorted(reference.turns, key=lambda turn: turn.start),
    latest=lambda reference: max((span.end for span in (*reference.turns, *reference.uem)), default=0.0),
    exports=_exports.TURNS,
)

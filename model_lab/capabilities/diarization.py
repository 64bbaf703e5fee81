"""Speaker diarization: who spoke when."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from model_lab.capabilities._base import Capability, Column, Example, Resolve, Row, span_problems
from model_lab.errors import BadManifest
from model_lab.metrics import segments
from model_lab.types import Audio, Turn


def _reference(row: Row, resolve: Resolve) -> segments.SpeakerTruth:
    if "rttm" in row and "turns" not in row:
        turns = read_rttm(resolve(row["rttm"]), Path(row["audio"]).stem)
    else:
        turns = tuple(Turn(float(turn["start"]), float(turn["end"]), str(turn["speaker"])) for turn in row["turns"])
    for turn in turns:
        if not 0 <= turn.start < turn.end:
            raise BadManifest(f"a turn of {turn.speaker} is {turn.start}-{turn.end} s; expected 0 <= start < end")
    return segments.SpeakerTruth(turns, segments.segments_from(row.get("uem", ()), "uem"))


def read_rttm(path: Path, recording: str) -> tuple[Turn, ...]:
    """The turns in an RTTM file (NIST RT-09); in a file of several recordings, those of ``recording``.

    Raises `BadManifest` for a line that is not RTTM, and if ``recording`` is not among several.
    """
    turns: dict[str, list[Turn]] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        try:
            name, start, length, speaker = fields[1], float(fields[3]), float(fields[4]), fields[7]
        except (IndexError, ValueError):
            raise BadManifest(
                f"{path}:{number}: {line[:80]!r} is not RTTM; expected SPEAKER FILE 1 ONSET DURATION <NA> <NA> NAME"
            ) from None
        turns.setdefault(name, []).append(Turn(start, start + length, speaker))
    if len(turns) > 1 and recording not in turns:
        raise BadManifest(
            f"{path} holds {', '.join(sorted(turns))[:80]}; expected {recording} (the name of the sound file) among them"
        )
    return tuple(turns.get(recording) or next(iter(turns.values()), []))


def _problems(answer: object, audio: Audio) -> list[str]:
    if found := span_problems(answer, Turn, audio.duration):
        return found
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
        return f"hears {len({turn.speaker for turn in answer})} speakers in digital silence" if answer else ""

    return Example((Audio(np.zeros(32000, np.float32), 16000),), segments.SpeakerTruth(()), surprise)


def _chance(rng: np.random.Generator, audio: Audio) -> list[Turn]:
    """One of two speakers at any time, for two seconds on average."""
    edges = np.cumsum(rng.exponential(2.0, size=int(audio.duration) + 8))
    edges = np.concatenate([[0.0], edges[edges < audio.duration], [audio.duration]])
    return [Turn(float(start), float(end), str(rng.choice(["A", "B"]))) for start, end in pairwise(edges) if end > start]


CAPABILITY = Capability(
    name="diarization",
    title="Speaker diarization",
    call="diarize(audio: Audio) -> list[Turn]",
    answer="list[Turn]",
    inputs=(("audio", "audio"),),
    columns=(
        Column("audio", "path of a sound file, relative to the manifest"),
        Column("turns", "[{start, end, speaker}, ...] in seconds; or give rttm", required=False),
        Column("rttm", "path of an RTTM file, in place of turns", required=False),
        Column("uem", "[[start, end], ...] of what is scored, in seconds; all if absent", required=False),
    ),
    metrics=(
        segments.DER,
        segments.DER_COLLAR,
        segments.DER_COLLAR_NIST,
        segments.JER,
        segments.CONFUSION_SHARE,
        segments.MISS_SHARE,
        segments.FALSE_ALARM_SHARE,
        segments.SPEAKER_COUNT_ERROR,
    ),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: [],
    chance=_chance,
    ideal=lambda reference, audio: sorted(reference.turns, key=lambda turn: turn.start),
)

"""Pitch tracking: the fundamental frequency over time."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities import _exports
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest
from model_lab.formats import contour
from model_lab.metrics import pitch
from model_lab.types import Audio, PitchTrack
from model_lab.views.tracks import PITCH

_STEP_S = 0.01
_LOWEST_HZ, _HIGHEST_HZ = 20.0, 10000.0
_HIGHEST_KEY = 96
"""A contour of whole numbers up to this one is taken for MIDI keys; deep voices in whole Hz exceed it.
A steady tone of 50, 60 or 80 is taken for Hz."""


def _reference(row: Row, resolve: Resolve) -> PitchTrack:
    columns.one_alone(row, "f0", "f0_hz")
    columns.one_alone(row, "f0", "times")
    if "f0_hz" in row and "times" not in row:
        raise BadManifest("column 'f0_hz' needs 'times'; add times: [seconds, ...], one for each frequency")
    if "f0" in row:
        column, (times, f0_hz) = "f0", contour.read(resolve(row["f0"]))
    else:
        column, times = "f0_hz", columns.numbers(row, "times", 0.0, math.inf, "seconds")
        f0_hz = columns.numbers(row, "f0_hz", 0.0, math.inf, "Hz, 0 = unvoiced")
    if not times or len(times) != len(f0_hz):
        raise BadManifest(
            f"{column} has {len(f0_hz)} frequencies at {len(times)} times; expected one frequency per time, and some"
        )
    if (fall := next((pair for pair in pairwise(times) if pair[1] <= pair[0]), None)) is not None:
        raise BadManifest(f"{column} has {fall[1]:g} s after {fall[0]:g} s; expected times that rise, in seconds")
    voiced = [f0 for f0 in f0_hz if f0 > 0]
    if odd := [f0 for f0 in voiced if not _LOWEST_HZ <= f0 <= _HIGHEST_HZ]:
        raise BadManifest(f"{column} has {odd[0]:g}; expected Hz, {_LOWEST_HZ:g} to {_HIGHEST_HZ:g}, or 0 where unvoiced")
    if len(set(voiced)) > 1 or any(f0 % 10 for f0 in voiced):
        columns.no_midi(voiced, column, _HIGHEST_KEY)
    frequencies = np.asarray(f0_hz, np.float32)
    return PitchTrack(np.asarray(times, np.float32), frequencies, (frequencies > 0).astype(np.float32))


def _problems(answer: object, audio: Audio) -> list[str]:
    if not isinstance(answer, PitchTrack):
        return [f"answer is a {type(answer).__name__}; expected PitchTrack"]
    arrays = {"times": answer.times, "f0_hz": answer.f0_hz, "voiced": answer.voiced}
    shapes = [np.shape(array) for array in arrays.values()]
    if len(shapes[0]) != 1 or len(set(shapes)) > 1:
        return [f"times, f0_hz and voiced have the shapes {', '.join(map(str, shapes))}; expected three arrays of one length"]
    if broken := [name for name, array in arrays.items() if not np.isfinite(array).all()]:
        return [f"{broken[0]} holds NaN or infinite values"]
    faults = []
    if (np.diff(answer.times) <= 0).any():
        faults.append("times do not rise")
    if answer.times.size and not (answer.times[0] >= 0 and answer.times[-1] <= audio.duration + 0.1):
        faults.append(f"times {answer.times[0]:.3f}-{answer.times[-1]:.3f} s are outside the {audio.duration:.3f} s of sound")
    if (answer.f0_hz < 0).any():
        faults.append(f"f0_hz falls to {answer.f0_hz.min():.1f} Hz; expected 0 where there is no guess")
    if ((answer.voiced < 0) | (answer.voiced > 1)).any():
        faults.append("voiced is outside 0 to 1")
    return faults


def _example() -> Example:
    """One second of a 220 Hz tone with ten harmonics."""
    time = np.arange(16000) / 16000
    harmonics = np.arange(1, 11)[:, None]
    tone = (np.sin(2 * np.pi * 220 * harmonics * time) / harmonics).sum(axis=0)
    times = np.arange(0, 1, _STEP_S, dtype=np.float32)
    reference = PitchTrack(times, np.full_like(times, 220), np.ones_like(times))

    def surprise(answer: PitchTrack) -> str:
        voiced = answer.f0_hz[(answer.voiced >= pitch.VOICED) & (answer.f0_hz > 0)]
        if voiced.size * 2 < answer.times.size or not voiced.size:
            return f"calls {voiced.size} of {answer.times.size} frames of a 220 Hz tone voiced"
        off = 1200 * np.log2(float(np.median(voiced)) / 220)
        return f"tracks a 220 Hz tone {off:+.0f} cents off; expected at most 50" if abs(off) > pitch.TOLERANCE_CENTS else ""

    return Example((Audio((0.2 * tone).astype(np.float32), 16000),), reference, surprise)


def _null(audio: Audio) -> PitchTrack:
    times = np.arange(0, audio.duration, _STEP_S, dtype=np.float32)
    return PitchTrack(times, np.zeros_like(times), np.zeros_like(times))


def _chance(rng: np.random.Generator, audio: Audio) -> PitchTrack:
    """Any pitch of 80 to 400 Hz, voiced or not, frame by frame."""
    times = np.arange(0, audio.duration, _STEP_S, dtype=np.float32)
    f0_hz = 80 * 5 ** rng.random(times.size)
    return PitchTrack(times, f0_hz.astype(np.float32), rng.random(times.size).astype(np.float32))


CAPABILITY = Capability(
    name="pitch",
    title="Pitch tracking",
    in_words="{in_100} voiced moments have the right pitch, within half a semitone",
    call="track(audio: Audio) -> PitchTrack",
    answer="PitchTrack",
    view=PITCH,
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column("times", "[seconds, ...], rising; with f0_hz, or give f0", required=False),
        Column(
            "f0_hz",
            "[Hz, ...] at these times, 0 = unvoiced",
            required=False,
            aliases=("frequency", "frequencies", "f0_values", "pitch", "pitch_hz"),
        ),
        Column(
            "f0",
            "path of a file with lines of time,f0, in place of times and f0_hz",
            required=False,
            aliases=("f0_file", "f0_path", "contour"),
            file=True,
        ),
    ),
    metrics=(
        pitch.RAW_PITCH_ACCURACY.with_margin(0.02, "a choice: one voiced frame in fifty"),
        pitch.RAW_CHROMA_ACCURACY,
        pitch.VOICING_RECALL,
        pitch.VOICING_FALSE_ALARM,
        pitch.OVERALL_ACCURACY,
    ),
    grading=Grading(
        (0.97, 0.93, 0.85, 0.7),
        reason=(
            "A curve is unusable where it is off by more than a quarter tone, and random pitches earn nothing (0.03). On "
            "the studio sound of MDB-stem-synth Praat reaches 0.988 and CREPE 0.97, an A; a curve with a D is wrong in "
            "almost every third frame."
        ),
        source=("Kim et al. 2018, CREPE (0.967 at 50 cents on MDB-stem-synth); lars76/pitch-benchmark (Praat 0.988)"),
    ),
    perturbable=Perturbable(at_speed=at_speed.track),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=_null,
    chance=_chance,
    ideal=lambda reference, audio: reference,
    latest=lambda reference: float(reference.times[-1]),
    exports=_exports.PITCH,
)

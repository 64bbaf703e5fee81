"""Tempo and beats: how fast the music is, and where its beats fall."""

from __future__ import annotations

import math

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Agreement, Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest
from model_lab.metrics import music
from model_lab.types import Audio, Beats
from model_lab.views.beats import BEATS

TEMPI = (20.0, 400.0)
"""Slowest and fastest tempo of a reference, in beats per minute; a value outside has another unit."""


def _reference(row: Row, resolve: Resolve) -> Beats:
    beats = [] if "tempo_bpm" in row and "beats" not in row else columns.numbers(row, "beats", 0.0, math.inf, "seconds")
    times = np.asarray(beats, np.float64)
    if (np.diff(times) <= 0).any():
        raise BadManifest("beats do not rise; expected [seconds, ...] in rising order")
    if "tempo_bpm" not in row and times.size < 2:
        raise BadManifest(f"the row has {times.size} beats and no tempo_bpm; expected a tempo, or two beats to take it from")
    tempo = row["tempo_bpm"] if "tempo_bpm" in row else 60 / float(np.median(np.diff(times)))
    what = "tempo_bpm" if "tempo_bpm" in row else "the tempo of the beats (60 / their median distance in seconds)"
    return Beats(columns.as_number(tempo, what, *TEMPI, "beats per minute"), times.astype(np.float32))


def _problems(answer: object, audio: Audio) -> list[str]:
    if not isinstance(answer, Beats):
        return [f"answer is a {type(answer).__name__}; expected Beats"]
    if not 0 <= answer.tempo_bpm < math.inf:
        return [f"tempo_bpm is {answer.tempo_bpm}; expected a finite number, 0 if no tempo is found"]
    times = answer.times
    if not isinstance(times, np.ndarray) or times.ndim != 1 or not np.isfinite(times).all():
        return ["times of the beats are not a 1-dimensional array of finite seconds"]
    if (np.diff(times) <= 0).any():
        return ["times of the beats do not rise"]
    if times.size and not (times[0] >= -0.1 and times[-1] <= audio.duration + 0.1):
        return [f"beats at {times[0]:.3f}-{times[-1]:.3f} s are outside the {audio.duration:.3f} s of sound"]
    return []


def _example() -> Example:
    """Twelve seconds of clicks, two a second: 120 beats per minute, or half or twice that."""
    sample_rate, duration = 22050, 12
    clicks = np.zeros(sample_rate * duration, np.float32)
    time = np.arange(sample_rate // 20) / sample_rate
    click = 0.8 * np.sin(2 * np.pi * 1000 * time) * np.exp(-100 * time)
    beats = np.arange(0.5, duration, 0.5)
    for beat in beats:
        clicks[int(beat * sample_rate) :][: click.size] += click.astype(np.float32)
    reference = Beats(120.0, beats.astype(np.float32))

    def surprise(answer: Beats) -> str:
        right = music.tempo_is_right_or_octave(reference, answer)
        return "" if right else f"estimates {answer.tempo_bpm:.1f} bpm in clicks of 120 bpm"

    return Example((Audio(clicks, sample_rate),), reference, surprise)


def _chance(rng: np.random.Generator, audio: Audio) -> Beats:
    """Any steady tempo of 60 to 200 beats per minute."""
    tempo = 60 * (200 / 60) ** rng.random()
    return Beats(tempo, np.arange(rng.random() * 60 / tempo, audio.duration, 60 / tempo).astype(np.float32))


CAPABILITY = Capability(
    name="tempo",
    title="Tempo and beats",
    in_words="{in_100} tempos are right, within 4 %",
    call="estimate(audio: Audio) -> Beats",
    answer="Beats",
    view=BEATS,
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column("beats", "[seconds, ...] of all beats, rising; or give tempo_bpm alone", required=False, aliases=("beat_times",)),
        Column(
            "tempo_bpm", "beats per minute; 60 / the median distance of beats if absent", required=False, aliases=("bpm", "tempo")
        ),
    ),
    metrics=(music.TEMPO_ACCURACY_1.with_margin(0.05, "a choice: one piece in twenty"), music.TEMPO_ACCURACY_2, music.BEAT_F),
    grading=Grading(
        (0.9, 0.75, 0.6, 0.4),
        measure="share",
        over="chance",
        reason=(
            "Random tempi hit some of the data's, more where it has few tempi, so the share of what lies above them is "
            "graded. The best algorithm of the 2004 contest had 67 % and neural networks have 73 to 84 % on GiantSteps and "
            "Ballroom: a B."
        ),
        source=(
            "Gouyon et al. 2006 (Klapuri's: 67.3 %); Schreiber and Mueller 2018, A Single-Step Approach to Musical Tempo "
            "Estimation; Boeck et al. 2015"
        ),
    ),
    perturbable=Perturbable(at_speed=at_speed.beats),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: Beats(0.0),
    chance=_chance,
    ideal=lambda reference, audio: reference,
    agreement=Agreement(lambda answer, reference: answer if answer.tempo_bpm else None, agree=1.0, differ=0.0),
    latest=lambda reference: float(reference.times[-1]) if reference.times.size else 0.0,
)

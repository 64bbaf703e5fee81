"""Formants: the resonances of the vocal tract."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest
from model_lab.metrics import formants
from model_lab.types import Audio, FloatArray, Formants
from model_lab.views.tracks import FORMANTS

_STEP_S = 0.01
_LOWEST_HZ, _HIGHEST_HZ = 80.0, 20000.0
_RATE = 16000
_MOST_OFF = {1: 100.0, 2: 200.0}
"""Largest error in Hz of a good model's F1 and F2 on the synthetic vowel; F1 is biased towards the nearest harmonic."""


def _reference(row: Row, resolve: Resolve) -> FloatArray:
    reference = columns.numbers(row, "formants_hz", _LOWEST_HZ, _HIGHEST_HZ, "Hz")
    if len(reference) < 2 or any(later <= earlier for earlier, later in pairwise(reference)):
        raise BadManifest(f"formants_hz is {reference}; expected [F1, F2, ...], two or more rising frequencies in Hz")
    return np.asarray(reference, np.float32)


def _problems(answer: object, audio: Audio) -> list[str]:
    if not isinstance(answer, Formants):
        return [f"answer is a {type(answer).__name__}; expected Formants"]
    times, values = answer.times, answer.formants_hz
    if times.ndim != 1 or values.ndim != 2 or len(values) != len(times):
        return [f"times and formants_hz have the shapes {times.shape} and {values.shape}; expected (n,) and (n, k)"]
    faults = []
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        faults.append("times do not rise")
    elif times.size and not (times[0] >= 0 and times[-1] <= audio.duration + 0.1):
        faults.append(f"times {times[0]:.3f}-{times[-1]:.3f} s are outside the {audio.duration:.3f} s of sound")
    if (values <= 0).any() or np.isinf(values).any():
        faults.append("formants_hz holds values that are not frequencies; expected more than 0 Hz, NaN where there is none")
    if (np.diff(values, axis=1) <= 0).any():
        faults.append("formants of a frame do not rise; expected F1 < F2 < ...")
    return faults


def _example() -> Example:
    """Half a second of a steady [a] at 100 Hz: impulses through eight known resonances."""
    reference = (730.0, 1090.0, 2440.0, 3500.0, 4500.0, 5500.0, 6500.0, 7500.0)
    bandwidths = (60.0, 90.0, 120.0, 200.0, 200.0, 300.0, 300.0, 300.0)
    vowel = _steady_vowel(reference, bandwidths)

    def surprise(answer: Formants) -> str:
        measured = formants.median_formants(answer, 2)
        for number, most in _MOST_OFF.items():
            off = abs(measured[number - 1] - reference[number - 1])
            if not off <= most:
                return f"measures F{number} of a vowel at {measured[number - 1]:.0f} Hz; expected {reference[number - 1]:.0f} Hz"
        return ""

    return Example((Audio(vowel, _RATE),), np.asarray(reference[:3], np.float32), surprise)


def _steady_vowel(formants_hz: tuple[float, ...], bandwidths_hz: tuple[float, ...]) -> FloatArray:
    """The impulse response of the resonances (Klatt 1980, eq. 2) added up 100 times a second, half a second long; peak 0.3."""
    radius = np.exp(-np.pi * np.array(bandwidths_hz) / _RATE)
    poles = radius * np.exp(2j * np.pi * np.array(formants_hz) / _RATE)
    frequency = np.exp(-2j * np.pi * np.fft.rfftfreq(_RATE // 10))[:, None]
    response = np.fft.irfft(1 / ((1 - poles * frequency) * (1 - poles.conj() * frequency)).prod(axis=1))
    glottal = np.convolve(response, 0.95 ** np.arange(200))
    voice = np.zeros(_RATE // 2 + glottal.size)
    for start in range(0, _RATE // 2, _RATE // 100):
        voice[start : start + glottal.size] += glottal
    voice = voice[: _RATE // 2]
    return np.asarray(0.3 * voice / np.abs(voice).max(), np.float32)


def _times(audio: Audio) -> FloatArray:
    return np.arange(0, audio.duration, _STEP_S, dtype=np.float32)


def _null(audio: Audio) -> Formants:
    times = _times(audio)
    return Formants(times, np.full((times.size, 3), np.nan, np.float32))


def _chance(rng: np.random.Generator, audio: Audio) -> Formants:
    """Any three frequencies of 200 to 4000 Hz, the same all the time."""
    times = _times(audio)
    values = np.sort(rng.uniform(200, 4000, 3)).astype(np.float32)
    return Formants(times, np.tile(values, (times.size, 1)))


def _ideal(reference: FloatArray, audio: Audio) -> Formants:
    times = _times(audio)
    return Formants(times, np.tile(reference, (times.size, 1)))


CAPABILITY = Capability(
    name="formants",
    title="Formant measurement",
    in_words="the first two resonances of a vowel are off by {value}",
    call="measure(audio: Audio) -> Formants",
    answer="Formants: F1 first, NaN where there is none",
    view=FORMANTS,
    inputs=(("audio", "audio"),),
    columns=(
        Column("audio", "path of a sound file of one steady vowel, relative to the manifest"),
        Column(
            "formants_hz",
            "[F1, F2, F3] in Hz; F3 may be absent, and those above it are not scored",
            aliases=("formants", "f1_f2"),
        ),
    ),
    metrics=(
        formants.F1_F2_ERROR.with_margin(
            14.0, "the least difference in F1 that trained listeners hear, Kewley-Port and Watson 1994"
        ),
        formants.F1_ERROR,
        formants.F2_ERROR,
        formants.F3_ERROR,
        formants.RELATIVE_ERROR,
    ),
    grading=Grading(
        (30, 60, 100, 200),
        reason=(
            "Formants are read as frequencies. Measurements from spectrograms and by linear prediction are accurate to "
            "about 60 Hz, the end of B; listeners notice 3 to 5 % of a formant's frequency, 15 to 25 Hz at 500 Hz, about "
            "where A ends; beyond 200 Hz neighbouring vowels are taken for each other."
        ),
        source=(
            "Monsen and Engebretson 1983 (accuracy of measurement, 60 Hz); Flanagan 1955 (difference limen 3 to 5 %); "
            "Peterson and Barney 1952 (distances of vowels)"
        ),
    ),
    perturbable=Perturbable(at_speed=at_speed.frequencies),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=_null,
    chance=_chance,
    ideal=_ideal,
)

"""Sound with an exact pitch or beat, made here: harmonic tones for pitch, percussion for tempo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import pink, with_rms
from model_lab.types import Audio, FloatArray

RATE = 22050
HOP = 0.01
"""Seconds between the values of a pitch reference."""

Curve = npt.NDArray[np.float64]


def _steady(t: Curve, base: float) -> Curve:
    return np.full_like(t, base)


def _glide(t: Curve, base: float) -> Curve:
    """An octave up, evenly in cents."""
    return np.asarray(base * 2.0 ** (t / t[-1]))


def _fall(t: Curve, base: float) -> Curve:
    """A fifth down, evenly in cents: the end of a statement."""
    return np.asarray(base * 1.5 ** -(t / t[-1]))


def _vibrato(t: Curve, base: float) -> Curve:
    """Half a semitone either way, 5.5 times a second."""
    return base * 2.0 ** (np.sin(2 * np.pi * 5.5 * t) * 50 / 1200)


def _scale(t: Curve, base: float) -> Curve:
    """Five notes of a major scale, each a fifth of the time."""
    steps = np.array([0, 2, 4, 5, 7])
    return np.asarray(base * 2.0 ** (steps[np.minimum((t / t[-1] * 5).astype(int), 4)] / 12))


def _wave(t: Curve, base: float) -> Curve:
    """Slow rises and falls of a fourth, as in speech."""
    return base * 2.0 ** (2.5 / 12 * np.sin(2 * np.pi * 0.9 * t) + 2.5 / 12 * np.sin(2 * np.pi * 0.37 * t))


_CURVES: dict[str, Callable[[Curve, float], Curve]] = {
    "steady": _steady,
    "glide": _glide,
    "fall": _fall,
    "vibrato": _vibrato,
    "scale": _scale,
    "wave": _wave,
}


def pitched(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """For pitch: every curve from every one of ``bases_hz``, clean and in pink noise ``noise_snr_db`` below, with two pauses."""
    settings = workshop.settings
    for number, (shape, base) in enumerate((shape, base) for shape in _CURVES for base in settings["bases_hz"]):
        rng = np.random.default_rng([settings["seed"], number])
        clean, times, f0 = _tone(rng, _CURVES[shape], float(base), settings["seconds"])
        noise = with_rms(pink(rng, len(clean), RATE), 0.1 * 10 ** (-settings["noise_snr_db"] / 20))
        for condition, sound in (("clean", clean), ("noise", clean + noise)):
            name = f"{shape}-{base}hz-{condition}"
            yield {
                "id": name,
                "audio": workshop.save(name, Audio(sound, RATE)),
                "times": times.round(3).tolist(),
                "f0_hz": f0.round(3).tolist(),
                "group": f"{shape}-{base}hz",
                "stratum": f"{shape} {condition}",
            }


def _tone(
    rng: np.random.Generator, curve: Callable[[Curve, float], Curve], base: float, seconds: float
) -> tuple[FloatArray, Curve, Curve]:
    """Samples (RMS 0.1 while sounding), the times and the f0 (0 in the pauses) of one harmonic tone."""
    t = np.arange(round(seconds * RATE)) / RATE
    f0 = curve(t, base)
    phase = 2 * np.pi * np.concatenate([[0.0], np.cumsum(f0)[:-1]]) / RATE
    sounding = np.ones(len(t), bool)
    for at in (rng.uniform(0.2, 0.35), rng.uniform(0.6, 0.75)):
        sounding &= np.abs(t - at * seconds) > 0.12
    sounding &= (t > 0.1) & (t < seconds - 0.1)
    tone = np.zeros(len(t))
    for harmonic in range(1, 31):
        audible = np.clip((0.45 * RATE - harmonic * f0) / 500.0, 0.0, 1.0)
        tone += audible * harmonic**-1.2 * np.sin(harmonic * phase + rng.uniform(0, 2 * np.pi))
    tone *= 0.1 / np.sqrt(np.mean(tone[sounding] ** 2)) * _faded(sounding)
    times = np.arange(int(seconds / HOP)) * HOP
    at = np.minimum(np.round(times * RATE).astype(int), len(t) - 1)
    return np.asarray(tone, np.float32), np.asarray(times), np.where(sounding[at], f0[at], 0.0)


def _faded(sounding: npt.NDArray[np.bool_]) -> Curve:
    """1 where it sounds, 0 where not, with raised-cosine fades of 10 ms inside the sounding parts."""
    size = round(0.01 * RATE)
    window = np.hanning(2 * size + 1)
    smooth = np.convolve(sounding.astype(float), window / window.sum(), mode="same")
    return np.where(sounding, np.clip(2 * smooth - 1, 0.0, 1.0), 0.0)


_PATTERNS: dict[str, tuple[int, dict[str, tuple[float, ...]]]] = {
    "rock": (4, {"kick": (0, 2, 2.5), "snare": (1, 3), "hat": (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)}),
    "four on the floor": (4, {"kick": (0, 1, 2, 3), "snare": (1, 3), "hat": (0.5, 1.5, 2.5, 3.5)}),
    "waltz": (3, {"kick": (0,), "snare": (1, 2), "hat": (0, 1, 2)}),
    "shuffle": (4, {"kick": (0, 2), "snare": (1, 3), "hat": (0, 2 / 3, 1, 5 / 3, 2, 8 / 3, 3, 11 / 3)}),
}
"""Name -> beats in a bar, and where in the bar (in beats) each drum is struck."""


def beaten(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """For tempo: every pattern at every one of its ``tempi_bpm``; each stroke up to ``jitter_ms`` early or late."""
    settings = workshop.settings
    plan = [(name, tempo) for name in _PATTERNS for tempo in settings["tempi_bpm"][name]]
    for number, (name, tempo) in enumerate(plan):
        rng = np.random.default_rng([settings["seed"], number])
        period, lead = 60.0 / tempo, float(rng.uniform(0.1, 0.6))
        beats = lead + period * np.arange(int((settings["seconds"] - lead - 0.3) / period) + 1)
        sound = _played(rng, _PATTERNS[name], beats, period, settings["jitter_ms"] / 1000.0, settings["seconds"])
        key = f"{name.replace(' ', '-')}-{tempo}bpm"
        yield {
            "id": key,
            "audio": workshop.save(key, Audio(sound, RATE)),
            "beats": beats.round(4).tolist(),
            "tempo_bpm": float(tempo),
            "stratum": name,
        }


def _played(
    rng: np.random.Generator,
    pattern: tuple[int, dict[str, tuple[float, ...]]],
    beats: Curve,
    period: float,
    jitter: float,
    seconds: float,
) -> FloatArray:
    bar, parts = pattern
    track = np.zeros(round(seconds * RATE))
    for drum, places in parts.items():
        for first in beats[::bar]:
            for place in places:
                at = round((first + place * period + rng.uniform(-jitter, jitter)) * RATE)
                stroke = _struck(rng, drum) * rng.uniform(0.8, 1.0)
                room = len(track) - at
                if 0 <= at < len(track):
                    track[at : at + len(stroke)] += stroke[:room]
    return np.asarray(0.8 * track / np.abs(track).max(), np.float32)


def _struck(rng: np.random.Generator, drum: str) -> Curve:
    """One stroke: a falling sine (kick), a tone in noise (snare), or a short burst of high noise (hat)."""
    t = np.arange(round(0.25 * RATE)) / RATE
    noise = rng.standard_normal(len(t))
    if drum == "kick":
        return np.asarray(np.sin(2 * np.pi * (50 * t + 4 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.08))
    if drum == "snare":
        return np.asarray((0.4 * np.sin(2 * np.pi * 190 * t) + 0.4 * noise) * np.exp(-t / 0.06))
    return np.asarray(0.25 * np.diff(noise, append=0.0) * np.exp(-t / 0.02))

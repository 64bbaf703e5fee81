"""Voices made here, by the source and the resonances of a vocal tract: vowels of exact formants, utterances of exact pitch.

The source falls by 6 dB per octave above 100 Hz (glottal pulses, radiation included); the tract is Klatt's cascade of resonators
(Klatt 1980), evaluated at every harmonic every 5 ms, with a resonance about every 1000 Hz up to half the sample rate, as in a
real one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.datasets.recipes import Workshop
from model_lab.types import Audio

RATE = 16000
HOP = 0.01
"""Seconds between the values of a pitch reference."""

_CONTROL = 80
"""Samples between the moments at which the tract is evaluated."""

Curve = npt.NDArray[np.float64]

MEANS = {
    "man": {
        "i": (136, 270, 2290, 3010),
        "ɪ": (135, 390, 1990, 2550),
        "ɛ": (130, 530, 1840, 2480),
        "æ": (127, 660, 1720, 2410),
        "ɑ": (124, 730, 1090, 2440),
        "ɔ": (129, 570, 840, 2410),
        "ʊ": (137, 440, 1020, 2240),
        "u": (141, 300, 870, 2240),
        "ʌ": (130, 640, 1190, 2390),
        "ɝ": (133, 490, 1350, 1690),
    },
    "woman": {
        "i": (235, 310, 2790, 3310),
        "ɪ": (232, 430, 2480, 3070),
        "ɛ": (223, 610, 2330, 2990),
        "æ": (210, 860, 2050, 2850),
        "ɑ": (212, 850, 1220, 2810),
        "ɔ": (216, 590, 920, 2710),
        "ʊ": (232, 470, 1160, 2680),
        "u": (231, 370, 950, 2670),
        "ʌ": (221, 760, 1400, 2780),
        "ɝ": (218, 500, 1640, 1960),
    },
    "child": {
        "i": (272, 370, 3200, 3730),
        "ɪ": (269, 530, 2730, 3600),
        "ɛ": (260, 690, 2610, 3570),
        "æ": (251, 1010, 2320, 3320),
        "ɑ": (256, 1030, 1370, 3170),
        "ɔ": (263, 680, 1060, 3180),
        "ʊ": (276, 560, 1410, 3310),
        "u": (274, 430, 1170, 3260),
        "ʌ": (261, 850, 1590, 3360),
        "ɝ": (261, 560, 1820, 2160),
    },
}
"""Means of F0, F1, F2 and F3 in Hz (Peterson and Barney 1952, table II)."""

_SPACING = {"man": 1000.0, "woman": 1170.0, "child": 1300.0}
"""Hz between the resonances above F3."""

_BANDWIDTHS = (60.0, 90.0, 150.0, 200.0, 200.0, 300.0)
"""Hz, of F1 and up (Klatt 1980, table I); the last is that of all above."""


def steady(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """For formants: every vowel of every talker, at a low F0 (drawn from ``low_f0_hz``) and at the talker's own.

    Formants differ from the means by up to ``spread``, talker by talker and vowel by vowel; F0 falls by ``fall`` of itself.
    """
    settings = workshop.settings
    plan = [(talker, vowel, pitch) for talker in MEANS for vowel in MEANS[talker] for pitch in ("low", "own")]
    for number, (talker, vowel, pitch) in enumerate(plan):
        rng = np.random.default_rng([settings["seed"], number])
        own, *means = MEANS[talker][vowel]
        formants = (np.array(means) * rng.uniform(1 - settings["spread"], 1 + settings["spread"], 3)).round(1)
        start = own if pitch == "own" else float(rng.uniform(*settings["low_f0_hz"]))
        f0 = start * np.linspace(1 + settings["fall"] / 2, 1 - settings["fall"] / 2, round(settings["seconds"] * RATE))
        tract = np.tile(_with_upper(formants, talker), (len(f0) // _CONTROL + 1, 1))
        sound = _voiced(f0, tract) * _gate([(0.0, len(f0) / RATE)], len(f0))
        name = f"{talker}-{number:02d}-{pitch}"
        yield {
            "id": name,
            "audio": workshop.save(name, Audio((0.5 * sound / np.abs(sound).max()).astype(np.float32), RATE)),
            "formants_hz": formants.tolist(),
            "vowel": vowel,
            "f0_hz": round(start, 1),
            "stratum": f"{talker}, {pitch} F0",
        }


def spoken(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """For pitch: ``takes`` utterances of every one of ``voices`` (name -> talker, F0) under every condition."""
    settings = workshop.settings
    plan = [(voice, condition) for voice in settings["voices"] for condition in _CONDITIONS for _ in range(settings["takes"])]
    for number, (voice, condition) in enumerate(plan):
        rng = np.random.default_rng([settings["seed"], number])
        talker, base = settings["voices"][voice]
        clean, f0, voiced = _utterance(rng, talker, float(base), settings["seconds"])
        sound = _CONDITIONS[condition](rng, clean, voiced)
        at = np.arange(0, len(f0), round(HOP * RATE))
        name = f"{voice}-{condition.replace(' ', '-')}-{number:02d}"
        yield {
            "id": name,
            "audio": workshop.save(name, Audio((0.5 * sound / np.abs(sound).max()).astype(np.float32), RATE)),
            "times": (at / RATE).round(3).tolist(),
            "f0_hz": np.where(voiced[at] >= 0.5, f0[at], 0.0).round(2).tolist(),
            "voice": voice,
            "stratum": condition,
        }


def _utterance(rng: np.random.Generator, talker: str, base: float, seconds: float) -> tuple[Curve, Curve, Curve]:
    """Samples, F0 and how voiced it is (0..1) of syllables on a falling line with accents, hisses and pauses between them."""
    frames = round(seconds * RATE)
    time = np.arange(frames) / RATE
    syllables, hisses, at = [], [], float(rng.uniform(0.05, 0.15))
    while at + 0.15 < seconds - 0.05:
        end = min(at + float(rng.uniform(0.15, 0.35)), seconds - 0.05)
        syllables.append((at, end))
        gap = float(rng.uniform(0.06, 0.14))
        if rng.random() < 0.5:
            hisses.append((end, min(end + gap, seconds)))
        at = end + gap
    octaves = 0.1 - 0.3 * time / seconds
    for start, end in syllables:
        octaves += rng.uniform(0.0, 0.35) * np.exp(-(((time - (start + end) / 2) / 0.08) ** 2))
    f0 = base * 2.0**octaves
    vowels = list(MEANS[talker].values())
    targets = np.array([_with_upper(np.array(vowels[int(rng.integers(len(vowels)))][1:], float), talker) for _ in syllables])
    centres = [(start + end) / 2 for start, end in syllables]
    moments = np.arange(0, frames + _CONTROL, _CONTROL) / RATE
    tract = np.stack([np.interp(moments, centres, track) for track in targets.T], axis=1)
    voiced, hissing = _gate(syllables, frames), _gate(hisses, frames)
    voice = _voiced(f0, tract) * voiced
    hiss = np.diff(rng.standard_normal(frames + 1)) * hissing
    return voice / _rms(voice, voiced) + 0.3 * hiss, f0, voiced


def _with_upper(formants: Curve, talker: str) -> Curve:
    """F1 to F3, and the resonances above them up to 500 Hz below half the sample rate."""
    spacing = _SPACING[talker]
    upper = np.arange(3.5 * spacing, RATE / 2 - 500, spacing)
    return np.concatenate([formants, upper])


def _voiced(f0: Curve, tract: Curve) -> Curve:
    """A voice of pitch ``f0`` (Hz, per sample) through resonances ``tract`` (Hz, a row every 5 ms), as the sum of its harmonics."""
    moments = np.arange(len(tract)) * _CONTROL
    pitch = np.interp(moments, np.arange(len(f0)), f0)
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    samples = np.arange(len(f0))
    sound = np.zeros(len(f0))
    for harmonic in range(1, int(0.48 * RATE / f0.min()) + 1):
        frequency = harmonic * pitch
        audible = np.clip((0.48 * RATE - frequency) / 200.0, 0.0, 1.0)
        gain = audible * _response(frequency, tract) / (1 + 1j * frequency / 100.0)
        real, imaginary = (np.interp(samples, moments, part) for part in (gain.real, gain.imag))
        sound += real * np.cos(harmonic * phase) - imaginary * np.sin(harmonic * phase)
    return sound


def _response(frequency: Curve, tract: Curve) -> npt.NDArray[np.complex128]:
    """What the cascade of resonators does at ``frequency`` (n,), each with the resonances of its row of ``tract`` (n, k)."""
    bandwidths = np.array([_BANDWIDTHS[min(number, len(_BANDWIDTHS) - 1)] for number in range(tract.shape[1])])
    radius, angle = np.exp(-np.pi * bandwidths / RATE), 2 * np.pi * tract / RATE
    delay = np.exp(-2j * np.pi * frequency / RATE)[:, None]
    first, second = 2 * radius * np.cos(angle), -(radius**2)
    return np.asarray(((1 - first - second) / (1 - first * delay - second * delay**2)).prod(axis=1))


def _gate(spans: list[tuple[float, float]], frames: int) -> Curve:
    """1 inside the spans (s), 0 outside, with raised-cosine flanks of 20 ms inside."""
    gate = np.zeros(frames)
    flank = 0.5 - 0.5 * np.cos(np.pi * np.arange(round(0.02 * RATE)) / round(0.02 * RATE))
    for start, end in spans:
        shape = np.ones(round(end * RATE) - round(start * RATE))
        size = min(len(flank), len(shape) // 2)
        shape[:size] = flank[:size]
        shape[len(shape) - size :] = flank[:size][::-1]
        gate[round(start * RATE) : round(end * RATE)] = shape[: frames - round(start * RATE)]
    return gate


def _rms(samples: Curve, weight: Curve) -> float:
    return float(np.sqrt((samples**2).sum() / weight.sum()))


def _telephone(rng: np.random.Generator, clean: Curve, voiced: Curve) -> Curve:
    """300 to 3400 Hz alone: most voices lose their fundamental."""
    frequency = np.fft.rfftfreq(len(clean), 1 / RATE)
    kept = np.clip((frequency - 250) / 50, 0, 1) * np.clip((3500 - frequency) / 100, 0, 1)
    return np.asarray(np.fft.irfft(np.fft.rfft(clean) * kept, len(clean)))


def _breathy(rng: np.random.Generator, clean: Curve, voiced: Curve) -> Curve:
    """Breath 10 dB below the voice, while there is one."""
    return np.asarray(clean + 10 ** (-10 / 20) * rng.standard_normal(len(clean)) * voiced)


def _in_noise(snr_db: float) -> Callable[[np.random.Generator, Curve, Curve], Curve]:
    """White noise all the time, ``snr_db`` below the voice."""

    def condition(rng: np.random.Generator, clean: Curve, voiced: Curve) -> Curve:
        return np.asarray(clean + 10 ** (-snr_db / 20) * rng.standard_normal(len(clean)))

    return condition


_CONDITIONS: dict[str, Callable[[np.random.Generator, Curve, Curve], Curve]] = {
    "clean": lambda rng, clean, voiced: clean,
    "telephone": _telephone,
    "breathy": _breathy,
    "noise 10 dB": _in_noise(10.0),
    "noise 0 dB": _in_noise(0.0),
}

"""Source separation: splits a mixture into the stems that it is the sum of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_lab import audio as sound
from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row, audio_problems
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest
from model_lab.metrics import bss_eval, signals
from model_lab.metrics.signals import Mixture
from model_lab.types import Audio
from model_lab.views.parts import Sound
from model_lab.views.sounds import STEMS

_SHIFT_S = 0.05
"""A mixture and its stems may differ this much in length."""


def _reference(row: Row, resolve: Resolve) -> Mixture:
    mixture = sound.read(resolve(row["audio"])).mono()
    if not isinstance(row["stems"], dict) or not row["stems"]:
        raise BadManifest(
            f"column 'stems' is {columns.described(row['stems'])}; expected {{name: path of a sound file}}, one or more"
        )
    stems = {name: sound.read(resolve(path)).mono() for name, path in row["stems"].items()}
    for name, stem in stems.items():
        if abs(stem.duration - mixture.duration) > _SHIFT_S:
            raise BadManifest(
                f"stem {name!r} lasts {stem.duration:.3f} s, its mixture {mixture.duration:.3f} s; expected the same"
            )
    return Mixture(mixture, stems)


def _problems(answer: object, audio: Audio) -> list[str]:
    if not isinstance(answer, dict) or not answer:
        return [f"answer is {str(answer)[:40]!r}; expected a dict of stem names and Audio"]
    if odd := [name for name in answer if not isinstance(name, str) or not name]:
        return [f"a stem is called {odd[0]!r}; expected a name"]
    return [problem for name, stem in answer.items() for problem in _stem_problems(f"stem {name!r}", stem, audio)][:3]


def _stem_problems(what: str, stem: object, audio: Audio) -> list[str]:
    if faults := audio_problems(stem, what):
        return faults
    assert isinstance(stem, Audio)
    if stem.samples.ndim != 1:
        return [f"{what} has shape {stem.samples.shape}; expected mono"]
    if (stem.sample_rate, stem.frames) != (audio.sample_rate, audio.frames):
        return [
            f"{what} is {stem.frames} frames at {stem.sample_rate} Hz; "
            f"expected those of the mixture, {audio.frames} frames at {audio.sample_rate} Hz"
        ]
    return []


def _example() -> Example:
    """A chord and clicks, 4 s. Separators are made for different sources: only the form of the answer is checked."""
    rate, seconds = 16000, 4
    time = np.arange(rate * seconds) / rate
    chord = sum(0.1 * np.sin(2 * np.pi * hertz * time) for hertz in (220.0, 277.2, 329.6))
    clicks = 0.3 * np.random.default_rng(0).standard_normal(len(time)) * np.exp(-40 * ((2 * time) % 1))
    stems = {
        name: Audio(np.asarray(samples, np.float32), rate) for name, samples in (("harmonic", chord), ("percussive", clicks))
    }
    mixture = Audio(stems["harmonic"].samples + stems["percussive"].samples, rate)
    return Example((mixture,), Mixture(mixture, stems))


def _chance(rng: np.random.Generator, audio: Audio) -> dict[str, Audio]:
    """Two stems; each frequency of the mixture goes to one of them at random."""
    mono = audio.mono()
    spectrum = np.fft.rfft(mono.samples)
    heads = rng.random(len(spectrum)) < 0.5
    return {
        str(number): Audio(np.fft.irfft(spectrum * side, mono.frames).astype(np.float32), mono.sample_rate)
        for number, side in enumerate((heads, ~heads), 1)
    }


def _at_speed(reference: Mixture, factor: float) -> Mixture:
    return Mixture(at_speed.sound(reference.sound, factor), at_speed.sounds(reference.stems, factor))


CAPABILITY = Capability(
    name="separate",
    title="Source separation",
    in_words="each part is {value} clearer than in the mixture (SI-SDR)",
    call="separate(audio: Audio) -> dict[str, Audio]",
    answer="dict of stem name and Audio, mono, with the sample rate and the number of frames of the mixture, without lag",
    view=replace(STEMS, reference=lambda sample: [Sound(name, stem) for name, stem in sample.reference.stems.items()]),
    inputs=(("audio", "audio"),),
    columns=(
        replace(
            columns.AUDIO,
            meaning="path of the mixture, relative to the manifest",
            aliases=(*columns.AUDIO.aliases, "mix", "mixture"),
        ),
        Column(
            "stems",
            "{name: path} of the stems that it is the sum of; a name that ends in a digit (s1) is only a number",
            file=True,
        ),
    ),
    metrics=(
        signals.STEM_SI_SDR_IMPROVEMENT.with_margin(
            1.0, "a third of the least difference in speech-to-noise ratio that listeners notice, 3 dB (McShefferty et al. 2015)"
        ),
        signals.STEM_SI_SDR,
        signals.STEM_SDR,
        bss_eval.STEM_SDR_V4,
    ),
    grading=Grading(
        (10, 6, 3, 0.5),
        measure="gain",
        over="untouched",
        reason=(
            "The gain over the mixture is graded. Conv-TasNet gains 15.3 dB on two clean speakers, Spleeter and its like 5 "
            "to 9 dB SDR on music; 3 dB halves the interference, and below 0.5 dB nothing is heard."
        ),
        source=(
            "Luo and Mesgarani 2019, Conv-TasNet (15.3 dB on WSJ0-2mix); Le Roux et al. 2019 (the measure); 3 dB: half the power"
        ),
    ),
    perturbable=Perturbable(at_speed=_at_speed),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: {"mixture": audio.mono()},
    chance=_chance,
    ideal=lambda reference, audio: {name: signals.aligned(stem, like=audio) for name, stem in reference.stems.items()},
    untouched="mixture",
    hub_task="audio-to-audio",
)

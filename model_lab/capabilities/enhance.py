"""Speech enhancement: the same recording without its noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_lab import audio as sound
from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import LANGUAGE, Capability, Column, Example, Perturbable, Resolve, Row, audio_problems
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest
from model_lab.metrics import intelligibility, quality, signals
from model_lab.metrics.signals import NoisyPair
from model_lab.types import Audio
from model_lab.views.parts import Sound
from model_lab.views.sounds import SOUND

_MOST_LAG_S = 0.001
_LEAST_LIKENESS = 0.5
"""With a lower correlation with the clean signal at every lag, the lag of an answer is unknown."""

_SHIFT_S = 0.05
"""Clean and noisy recordings of one sample may differ this much in length."""


def _reference(row: Row, resolve: Resolve) -> NoisyPair:
    clean, noisy = sound.read(resolve(row["clean"])).mono(), sound.read(resolve(row["audio"])).mono()
    if abs(clean.duration - noisy.duration) > _SHIFT_S:
        raise BadManifest(
            f"{row['clean']} lasts {clean.duration:.3f} s, its noisy version {noisy.duration:.3f} s; expected the same"
        )
    return NoisyPair(clean, noisy, columns.text(row, "text", ""))


def _problems(answer: object, audio: Audio) -> list[str]:
    if faults := audio_problems(answer):
        return faults
    assert isinstance(answer, Audio)
    if answer.samples.ndim != 1:
        return [f"answer has shape {answer.samples.shape}; expected mono"]
    if (answer.sample_rate, answer.frames) != (audio.sample_rate, audio.frames):
        return [
            f"answer is {answer.frames} frames at {answer.sample_rate} Hz; "
            f"expected those of the input, {audio.frames} frames at {audio.sample_rate} Hz"
        ]
    return []


def speech_like(seconds: float = 3.0, sample_rate: int = 16000, f0_hz: float = 110.0) -> Audio:
    """Synthesise a signal that enhancers and PESQ take for speech: two syllables a second, gliding pitch, three moving formants.

    Args:
        seconds: Duration in seconds.
        sample_rate: Sample rate in Hz.
        f0_hz: Mean fundamental frequency in Hz.

    Returns:
        Mono, peak 0.3; the same for the same arguments.
    """
    time = np.arange(int(seconds * sample_rate)) / sample_rate
    f0 = f0_hz * (1 + 0.15 * np.sin(2 * np.pi * 0.7 * time))
    phase = 2 * np.pi * np.cumsum(f0) / sample_rate
    formants = (
        (1.0, 80.0, 500 + 200 * np.sin(2 * np.pi * 1.3 * time)),
        (0.5, 100.0, 1500 + 500 * np.sin(2 * np.pi * 0.9 * time)),
        (0.25, 150.0, np.full_like(time, 2500.0)),
    )
    voice = np.zeros_like(time)
    for harmonic in range(1, int(4000 / (1.15 * f0_hz)) + 1):
        gain = sum(level / (1 + ((harmonic * f0 - centre) / width) ** 2) for level, width, centre in formants)
        voice += gain * np.sin(harmonic * phase)
    position = (2 * time) % 1
    voice *= np.minimum(40 * position, 1) * np.exp(-3 * position)
    return Audio((0.3 * voice / np.abs(voice).max()).astype(np.float32), sample_rate)


def _example() -> Example:
    """A synthetic voice with white noise at 15 dB SNR: the answer must not be delayed, nor much louder."""
    clean = speech_like()
    noise = np.random.default_rng(0).standard_normal(clean.frames) * clean.samples.std() * 10 ** (-15 / 20)
    noisy = Audio((clean.samples + noise).astype(np.float32), clean.sample_rate)

    def surprise(answer: Audio) -> str:
        louder = float(np.linalg.norm(answer.samples) / np.linalg.norm(noisy.samples))
        if louder > 2:
            return f"makes the sound {20 * np.log10(louder):.1f} dB louder; expected the same level"
        lag = _lag(clean, answer)
        return (
            f"answers {1000 * lag:+.1f} ms late; expected less than {1000 * _MOST_LAG_S:.0f} ms"
            if abs(lag) >= _MOST_LAG_S
            else ""
        )

    return Example((noisy,), NoisyPair(clean, noisy), surprise)


def _lag(clean: Audio, answer: Audio) -> float:
    """The delay of ``answer`` in seconds (peak of the cross-correlation); 0 if it is too different from ``clean`` to tell."""
    size = 2 * clean.frames
    spectrum = np.fft.rfft(answer.samples, size) * np.conj(np.fft.rfft(clean.samples, size))
    correlation = np.fft.irfft(spectrum, size)
    peak = int(np.argmax(correlation))
    if correlation[peak] <= _LEAST_LIKENESS * np.linalg.norm(answer.samples) * np.linalg.norm(clean.samples):
        return 0.0
    return (peak if peak < clean.frames else peak - size) / clean.sample_rate


def _chance(rng: np.random.Generator, audio: Audio) -> Audio:
    """White noise as loud as the input."""
    noise = rng.standard_normal(audio.frames) * np.sqrt(np.mean(np.square(audio.mono().samples)))
    return Audio(noise.astype(np.float32), audio.sample_rate)


def _at_speed(reference: NoisyPair, factor: float) -> NoisyPair:
    return NoisyPair(at_speed.sound(reference.clean, factor), at_speed.sound(reference.noisy, factor), reference.text)


CAPABILITY = Capability(
    name="enhance",
    title="Speech enhancement",
    in_words="the predicted listening quality (PESQ, 1 to 4.6) is {value}",
    call="enhance(audio: Audio) -> Audio",
    answer="Audio, mono, with the sample rate and the number of frames of the input, without lag",
    view=replace(SOUND, reference=lambda sample: [Sound("without the noise", sample.reference.clean)]),
    inputs=(("audio", "audio"),),
    columns=(
        replace(
            columns.AUDIO,
            meaning="path of the noisy sound file, relative to the manifest",
            aliases=(*columns.AUDIO.aliases, "noisy", "noisy_audio", "mix", "mixture", "degraded"),
        ),
        Column(
            "clean", "path of the same recording without the noise", aliases=("target", "clean_audio", "reference"), file=True
        ),
        Column("text", "what is said in it, for the word error rate of a recogniser", required=False),
        LANGUAGE,
    ),
    metrics=(
        quality.PESQ.with_margin(
            0.1, "a choice: a tenth of a point of mean opinion score, the resolution that listening tests are reported with"
        ),
        signals.STOI,
        signals.ESTOI,
        signals.SI_SDR,
        signals.SI_SDR_IMPROVEMENT,
        quality.DNSMOS,
        quality.PLCMOS,
        intelligibility.RECOGNISED_WER,
    ),
    grading=Grading(
        (1.0, 0.6, 0.3, 0.1),
        measure="gain",
        over="untouched",
        reason=(
            "PESQ after enhancement mostly says how noisy the input was, so the gain in MOS-LQO over the noisy input is "
            "graded. On VoiceBank-DEMAND, MetricGAN gains 1.18 (1.97 to 3.15) and the first DeepFilterNet 0.84; DTLN gained "
            "0.24 MOS over the baseline of the DNS challenge: A is the published best, C is a gain that listeners notice, "
            "below D is nothing."
        ),
        source=(
            "ITU-T P.862.2; SpeechBrain recipes for VoiceBank-DEMAND (MetricGAN); DeepFilterNet issue 38 (2.81); DTLN README"
        ),
    ),
    perturbable=Perturbable(speech=True, at_speed=_at_speed),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: audio.mono(),
    chance=_chance,
    ideal=lambda reference, audio: signals.aligned(reference.clean, like=audio),
    untouched="noisy input",
    hub_task="audio-to-audio",
)

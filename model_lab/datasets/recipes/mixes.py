"""Clean prompts put into noise at an exact signal-to-noise ratio: for speech detection, enhancement and quality.

The ratio is that of the speech-active RMS (over the stretches that the clean clip's own energy marks as speech) to the
noise's RMS over the whole recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import Span, SpeechClip, active_rms, contrast_db, trimmed
from model_lab.datasets.recipes._noises import RATE, Noises
from model_lab.datasets.recipes._prompts import VOICES, RecordedPrompt, prompts
from model_lab.types import Audio, FloatArray

SPEECH_RMS = 0.05
"""Speech-active level of every mix: -26 dB of full scale, which leaves room for peaks and noise."""

QUIET_DB = 35.0
"""The faint pink noise of a quiet recording, below speech: no stretch of any mix is digital silence."""

PAUSE = 0.3


def speech_in_noise(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """For vad: recordings of ``seconds`` s, prompts of one speaker at known times; ``copies`` of each of ``conditions``.

    A condition is ``[noise, snr_db]``; noise ``quiet`` is the faint pink noise alone; an snr of null means that nobody speaks.
    """
    settings, pools = workshop.settings, _pools(workshop, 0.8, 6.0, 38.0)
    noises = Noises(workshop, [prompt for pool in pools.values() for prompt in pool])
    frames = int(settings["seconds"] * RATE)
    for number, (kind, snr_db) in enumerate(settings["conditions"]):
        for copy in range(settings["copies"]):
            rng = np.random.default_rng([settings["seed"], number, copy])
            language = settings["languages"][(number + copy) % len(settings["languages"])]
            track, spans = np.zeros(frames, np.float32), list[Span]()
            if snr_db is not None:
                track, spans = _spoken(pools[language], rng, frames)
            rms = active_rms(track, RATE, spans) if spans else SPEECH_RMS
            speaker = VOICES[language]
            noise = rms * 10 ** (-QUIET_DB / 20) * noises.draw("pink", rng, frames)
            if kind != "quiet":
                noise = rms * 10 ** (-(snr_db or 0.0) / 20) * noises.draw(kind, rng, frames, speaker)
            condition = f"{kind} alone" if snr_db is None else f"{kind} {snr_db} dB"
            name = f"{condition.replace(' ', '-')}-{copy:02d}"
            yield {
                "id": name,
                "audio": workshop.save(name, Audio(track + noise.astype(np.float32), RATE)),
                "speech": [list(span) for span in spans],
                "language": language if spans else "",
                "noise": kind,
                "snr_db": snr_db,
                "stratum": condition,
            }


def noisy_and_clean(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """For enhance: ``copies`` prompts for each of ``noises`` x ``snrs_db``, every prompt used once."""
    settings, pools = workshop.settings, _pools(workshop, 3.0, 7.0, 45.0)
    noises = Noises(workshop, [prompt for pool in pools.values() for prompt in pool])
    conditions = [(kind, snr_db) for kind in settings["noises"] for snr_db in settings["snrs_db"]]
    for number, (kind, snr_db) in enumerate(conditions):
        for copy in range(settings["copies"]):
            rng = np.random.default_rng([settings["seed"], number, copy])
            prompt = pools[settings["languages"][(number + copy) % len(settings["languages"])]].pop()
            clip = trimmed(prompt.read(), PAUSE, SPEECH_RMS)
            noise = noises.draw(kind, rng, len(clip.samples), prompt.speaker)
            yield _pair(workshop, prompt, clip, noise, kind, snr_db)


def ladder(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """For quality: ``clips`` prompts, each damaged with ``noise`` at every one of ``snrs_db``."""
    settings, pools = workshop.settings, _pools(workshop, 3.0, 7.0, 45.0)
    noises = Noises(workshop, [prompt for pool in pools.values() for prompt in pool])
    for number in range(settings["clips"]):
        prompt = pools[settings["languages"][number % len(settings["languages"])]].pop()
        clip = trimmed(prompt.read(), PAUSE, SPEECH_RMS)
        noise = noises.draw(
            settings["noise"], np.random.default_rng([settings["seed"], number]), len(clip.samples), prompt.speaker
        )
        for snr_db in settings["snrs_db"]:
            yield _pair(workshop, prompt, clip, noise, settings["noise"], snr_db)


def _pair(
    workshop: Workshop, prompt: RecordedPrompt, clip: SpeechClip, noise: FloatArray, kind: str, snr_db: float
) -> dict[str, Any]:
    noisy = clip.samples + noise * np.float32(SPEECH_RMS * 10 ** (-snr_db / 20))
    gain = np.float32(min(1.0, 0.99 / np.abs(noisy).max()))
    name = f"{prompt.id}-{kind}-{snr_db}dB"
    return {
        "id": name,
        "audio": workshop.save(name, Audio(noisy * gain, RATE)),
        "clean": workshop.save(f"{name}-clean", Audio(clip.samples * gain, RATE)),
        "speech": [list(span) for span in clip.spans],
        "noise": kind,
        "snr_db": snr_db,
        "text": prompt.text,
        "language": prompt.language,
        "speaker": prompt.speaker,
        "group": prompt.id,
        "stratum": f"{kind} {snr_db} dB",
    }


def _pools(workshop: Workshop, shortest: float, longest: float, contrast: float) -> dict[str, list[RecordedPrompt]]:
    """Language -> its clean prompts of a fitting length, in an order drawn from the seed."""
    pools = {}
    for number, language in enumerate(workshop.settings["languages"]):
        recordings = [
            prompt
            for prompt in prompts(workshop, language)
            if shortest <= prompt.duration <= longest and contrast_db(prompt.read()) >= contrast
        ]
        np.random.default_rng([workshop.settings["seed"], 1000 + number]).shuffle(recordings)
        pools[language] = recordings
    return pools


def _spoken(pool: list[RecordedPrompt], rng: np.random.Generator, frames: int) -> tuple[FloatArray, list[Span]]:
    """A track with prompts taken from the end of ``pool`` at random times, and where there is speech in it."""
    track, spans = np.zeros(frames, np.float32), list[Span]()
    at = rng.uniform(0.6, 2.0)
    while True:
        clip = trimmed(pool[-1].read(), PAUSE, SPEECH_RMS)
        if spans and at + clip.duration > frames / RATE - 0.5:
            return track, spans
        pool.pop()
        first = round(at * RATE)
        track[first : first + len(clip.samples)] = clip.samples
        spans += [(round(first / RATE + start, 3), round(first / RATE + end, 3)) for start, end in clip.spans]
        at += clip.duration + rng.uniform(0.6, 2.2)

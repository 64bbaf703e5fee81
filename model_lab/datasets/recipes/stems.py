"""Sound put together from known stems: speech over music, two speakers at once, and chords with drums made here.

Every mixture is the sum of its stems to the bit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import SpeechClip, active_rms, contrast_db, trimmed, with_rms
from model_lab.datasets.recipes._noises import RATE, Noises
from model_lab.datasets.recipes._prompts import RecordedPrompt, prompts
from model_lab.types import Audio, FloatArray

LEVEL = 0.05
"""RMS of the first stem, over its speech alone where it is speech."""

CLEAN_DB = 45.0
"""Prompts whose quiet frames lie at least this far below their loud ones are clean enough to be a stem."""

PAUSE = 0.3
MUSIC_RATE = 22050

Wave = npt.NDArray[np.float64]


def speech_over_music(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """``copies`` prompts for each of ``ratios_db``, every prompt used once; stems ``speech`` and ``music``."""
    settings, pools = workshop.settings, _pools(workshop, by="language")
    noises = Noises(workshop, [])
    for number, ratio_db in enumerate(settings["ratios_db"]):
        for copy in range(settings["copies"]):
            rng = np.random.default_rng([settings["seed"], number, copy])
            prompt = pools[settings["languages"][(number + copy) % len(settings["languages"])]].pop()
            speech = _spoken(prompt).samples
            music = noises.draw("music", rng, len(speech)) * np.float32(LEVEL * 10 ** (-ratio_db / 20))
            name = f"{prompt.id}-music-{ratio_db}dB"
            yield _mixed(workshop, name, {"speech": speech, "music": music}, RATE) | {
                "ratio_db": ratio_db,
                "language": prompt.language,
                "speaker": prompt.speaker,
                "stratum": f"{ratio_db} dB",
            }


def two_speakers(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """``copies`` pairs of prompts for each of ``ratios_db``, of every two speakers in turn, every prompt used once.

    The longer prompt is cut to the length of the shorter; stems ``s1`` and ``s2``.
    """
    settings, pools = workshop.settings, _pools(workshop, by="speaker")
    pairs = list(combinations(sorted(pools), 2))
    for number, ratio_db in enumerate(settings["ratios_db"]):
        for copy in range(settings["copies"]):
            one, other = (pools[speaker].pop() for speaker in pairs[(number + copy) % len(pairs)])
            first, second = _spoken(one), _spoken(other)
            frames = min(len(first.samples), len(second.samples))
            stems = {"s1": _levelled(first, frames, LEVEL), "s2": _levelled(second, frames, LEVEL * 10 ** (-ratio_db / 20))}
            yield _mixed(workshop, f"{one.id}--{other.id}", stems, RATE) | {
                "ratio_db": ratio_db,
                "speakers": [one.speaker, other.speaker],
                "stratum": f"{one.speaker} and {other.speaker}",
            }


def chords_and_drums(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """``copies`` of ``seconds`` s for each of ``ratios_db``, wholly synthetic; stems ``harmonic`` and ``percussive``."""
    settings = workshop.settings
    frames = round(settings["seconds"] * MUSIC_RATE)
    for number, ratio_db in enumerate(settings["ratios_db"]):
        for copy in range(settings["copies"]):
            rng = np.random.default_rng([settings["seed"], number, copy])
            beat = 60.0 / rng.uniform(*settings["tempo_bpm"])
            stems = {
                "harmonic": with_rms(_chords(rng, frames, beat).astype(np.float32), LEVEL),
                "percussive": with_rms(_drums(rng, frames, beat).astype(np.float32), LEVEL * 10 ** (-ratio_db / 20)),
            }
            yield _mixed(workshop, f"{copy:02d}-{ratio_db}dB", stems, MUSIC_RATE) | {
                "ratio_db": ratio_db,
                "stratum": f"{ratio_db} dB",
            }


def _mixed(workshop: Workshop, name: str, stems: Mapping[str, FloatArray], rate: int) -> dict[str, Any]:
    """Saves the stems on the grid of 16 bits, and their sum, turned down together if one would clip."""
    peak = max(np.abs(samples).max() for samples in (*stems.values(), np.sum(list(stems.values()), axis=0)))
    gain = 32768 * min(1.0, 0.99 / peak)
    parts = {stem: (np.round(gain * samples) / 32768).astype(np.float32) for stem, samples in stems.items()}
    return {
        "id": name,
        "audio": workshop.save(name, Audio(np.sum(list(parts.values()), axis=0, dtype=np.float32), rate)),
        "stems": {stem: workshop.save(f"{name}-{stem}", Audio(samples, rate)) for stem, samples in parts.items()},
    }


def _pools(workshop: Workshop, by: str) -> dict[str, list[RecordedPrompt]]:
    """Language or speaker -> clean prompts of ``shortest`` to ``longest`` s, in an order drawn from the seed."""
    settings = workshop.settings
    pools: dict[str, list[RecordedPrompt]] = defaultdict(list)
    for language in settings["languages"]:
        for prompt in prompts(workshop, language):
            if settings["shortest"] <= prompt.duration <= settings["longest"] and contrast_db(prompt.read()) >= CLEAN_DB:
                pools[getattr(prompt, by)].append(prompt)
    for number, pool in enumerate(pools.values()):
        np.random.default_rng([settings["seed"], 1000 + number]).shuffle(pool)
    return pools


def _spoken(prompt: RecordedPrompt) -> SpeechClip:
    return trimmed(prompt.read(), PAUSE, LEVEL)


def _levelled(clip: SpeechClip, frames: int, rms: float) -> FloatArray:
    """The first ``frames`` of a clip with a speech-active RMS."""
    samples = clip.samples[:frames]
    return samples * np.float32(rms / active_rms(samples, clip.sample_rate, clip.spans))


def _chords(rng: np.random.Generator, frames: int, beat: float) -> Wave:
    """A major or minor triad every two beats, its notes held or plucked, on a root that walks by fourths and fifths."""
    track = np.zeros(frames)
    root, third = 110.0 * 2 ** (rng.integers(12) / 12), rng.choice([3, 4])
    held = bool(rng.integers(2))
    for first in range(0, frames, round(2 * beat * MUSIC_RATE)):
        time = np.arange(min(round(2 * beat * MUSIC_RATE), frames - first)) / MUSIC_RATE
        shape = (
            np.minimum(time / 0.03, 1) * np.minimum((time[-1] - time) / 0.03, 1)
            if held
            else np.exp(-2 * time) * np.minimum(time / 0.005, 1)
        )
        for step in (0, third, 7, 12):
            hertz = root * 2 ** (step / 12)
            for partial in range(1, 16):
                track[first : first + len(time)] += (
                    shape * np.sin(2 * np.pi * (partial * hertz * time + rng.random())) / partial**1.5
                )
        root *= 2 ** (rng.choice([5, -5, 7, -7]) / 12)
        root *= 2.0 ** -np.floor(np.log2(root / 98.0))
    return track


def _drums(rng: np.random.Generator, frames: int, beat: float) -> Wave:
    """A kick on every beat, a snare on every other, a hat on every half, each a few milliseconds off."""
    track = np.zeros(frames)
    time = np.arange(round(0.3 * MUSIC_RATE)) / MUSIC_RATE
    for stroke in range(int(2 * frames / MUSIC_RATE / beat) + 1):
        first = round((stroke * beat / 2 + rng.uniform(0, 0.01)) * MUSIC_RATE)
        noise = rng.standard_normal(len(time))
        sound = 0.3 * np.diff(noise, append=0.0) * np.exp(-time / 0.02)
        if stroke % 2 == 0:
            sound += np.sin(2 * np.pi * (50 * time + 4 * (1 - np.exp(-time / 0.03)))) * np.exp(-time / 0.08)
        if stroke % 4 == 2:
            sound += 0.6 * noise * np.exp(-time / 0.06)
        room = track[first : first + len(sound)]
        room += sound[: len(room)]
    return track

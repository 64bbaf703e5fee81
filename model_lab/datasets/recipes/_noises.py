"""Noise for mixes: pink, music on hold, and babble of other speakers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import pink, trimmed, with_rms
from model_lab.datasets.recipes._prompts import RecordedPrompt
from model_lab.errors import BadConfig
from model_lab.types import Audio, FloatArray

RATE = 16000
TALKERS = 6


class Noises:
    """Draws noise of RMS 1 at 16 kHz; babble comes from ``voices`` and music from the music-on-hold package."""

    def __init__(self, workshop: Workshop, voices: Sequence[RecordedPrompt]) -> None:
        self._workshop, self._voices = workshop, voices

    def draw(self, kind: str, rng: np.random.Generator, frames: int, speaker: str = "") -> FloatArray:
        """``frames`` samples of ``pink``, ``music`` or ``babble`` (never of ``speaker``); raises `BadConfig` for another kind."""
        kinds: dict[str, Callable[[], FloatArray]] = {
            "pink": lambda: pink(rng, frames, RATE),
            "music": lambda: self._music(rng, frames),
            "babble": lambda: self._babble(rng, frames, speaker),
        }
        if kind not in kinds:
            raise BadConfig(f"recipe: there is no noise {kind!r}; expected one of {', '.join(kinds)}")
        return kinds[kind]()

    @cached_property
    def _songs(self) -> list[Audio]:
        return [audio.read(path) for path in sorted(self._workshop.archive("asterisk-moh-opsound-wav").rglob("*.wav"))]

    def _music(self, rng: np.random.Generator, frames: int) -> FloatArray:
        song = self._songs[int(rng.integers(len(self._songs)))].mono()
        frames_needed = -(-frames * song.sample_rate // RATE) + 1
        middle = song.samples[song.frames // 10 : song.frames * 9 // 10]  # without the fades
        start = int(rng.integers(max(1, len(middle) - frames_needed)))
        cut = Audio(middle[start : start + frames_needed], song.sample_rate).resample(RATE)
        return with_rms(np.resize(cut.samples, frames), 1.0)

    def _babble(self, rng: np.random.Generator, frames: int, speaker: str) -> FloatArray:
        others = [prompt for prompt in self._voices if prompt.speaker != speaker]
        talkers = np.zeros(frames, np.float32)
        for _ in range(TALKERS):
            voices: list[FloatArray] = []
            while sum(map(len, voices)) < frames:
                voices.append(trimmed(others[int(rng.integers(len(others)))].read(), 0.3, 0.1).samples)
            talkers += np.concatenate(voices)[:frames]
        return with_rms(talkers, 1.0)

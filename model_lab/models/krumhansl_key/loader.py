"""The key whose profile is most like the pitch classes of the piece (Krumhansl and Schmuckler, in Krumhansl 1990).

Pitch classes come from a constant-Q chromagram of the sound's harmonic part, tuned to the recording, averaged over the
piece; a key's score is (1 + r) / 2, r the correlation of the twelve with the profile of Krumhansl and Kessler 1982 turned to its tonic.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model_lab.contract import Bundle, ModelCard
from model_lab.types import Audio, Label

_RATE = 22050
_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
_LEAST_SPREAD = 1e-6
"""Below this standard deviation no pitch class stands out: silence, or noise without pitch."""


def load(card: ModelCard, device: str) -> Bundle:
    import librosa

    def estimate_key(audio: Audio) -> list[Label]:
        harmonic = librosa.effects.harmonic(audio.mono().resample(_RATE).samples)
        return keys(librosa.feature.chroma_cqt(y=harmonic, sr=_RATE).mean(axis=1))

    return Bundle(card, device, {"key": estimate_key})


def keys(chroma: npt.NDArray[np.float64]) -> list[Label]:
    """The 24 keys by the correlation of their profiles with twelve pitch classes (C first); none if these are all alike."""
    if np.std(chroma) < _LEAST_SPREAD:
        return []
    scores = {
        f"{tonic} {mode}": float(1 + np.corrcoef(chroma, np.roll(profile, step))[0, 1]) / 2
        for mode, profile in _PROFILES.items()
        for step, tonic in enumerate(_TONICS)
    }
    return [Label(name, scores[name]) for name in sorted(scores, key=lambda name: -scores[name])]

"""Which language is spoken in sound of any length, by a model that hears windows of a fixed length."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from model_lab.errors import ModelLabError
from model_lab.types import Audio, FloatArray, Label

_SHORTEST, _QUIETEST = 0.5, 1e-4


def identifier(
    model: str, probabilities: Callable[[FloatArray], Mapping[str, float]], rate: int, window: int
) -> Callable[[Audio], list[Label]]:
    """A function that names the languages of a sound, most probable first.

    Each window counts by how much of the sound it holds.

    Args:
        model: Name of the model, for messages.
        probabilities: The probability of each language in up to ``window`` samples, mono; the same languages each time.
        rate: Sample rate that it expects, in Hz.
        window: Samples that it hears at once.

    Returns:
        The function; it raises `ModelLabError` for a sound that is shorter than 0.5 s or silent.
    """

    def identify(audio: Audio) -> list[Label]:
        samples = audio.mono().resample(rate).samples
        if audio.duration < _SHORTEST or np.abs(samples).max() < _QUIETEST:
            raise ModelLabError(
                f"{model}: {audio.duration:.2f} s of sound are too short or silent; expected speech of {_SHORTEST} s or more"
            )
        total: dict[str, float] = {}
        for start in range(0, len(samples), window):
            part = samples[start : start + window]
            for language, probability in probabilities(part).items():
                total[language] = total.get(language, 0.0) + probability * len(part) / len(samples)
        return [Label(language, total[language]) for language in sorted(total, key=lambda language: -total[language])]

    return identify

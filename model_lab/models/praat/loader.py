"""Praat's "To Pitch (ac)" and "To Formant (burg)", with its own settings apart from the options, every 10 ms.

Praat leaves out frames whose window would reach beyond the sound, and cannot take very short sound at all: here digital silence
lies before and after it. Where Praat decides that there is no voice, the guess is its strongest candidate.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.types import Audio, Formants, PitchTrack

_STEP = 0.01
_FORMANT_WINDOW = 0.025
"""Seconds; Praat's Gaussian window is twice as long."""


def load(card: ModelCard, device: str) -> Bundle:
    import parselmouth

    fmin, fmax = float(card.options["fmin"]), float(card.options["fmax"])
    formants, ceiling = float(card.options["formants"]), float(card.options["ceiling"])

    def sound(audio: Audio, around: float) -> Any:
        """Praat's Sound, from ``-around`` to ``duration + around`` s."""
        mono = audio.mono()
        size = round(around * mono.sample_rate)
        return parselmouth.Sound(np.pad(mono.samples.astype(np.float64), size), mono.sample_rate, -size / mono.sample_rate)

    def track(audio: Audio) -> PitchTrack:
        analysis = sound(audio, 1.5 / fmin + _STEP).to_pitch_ac(time_step=_STEP, pitch_floor=fmin, pitch_ceiling=fmax)
        times, inside = _inside(analysis, audio)
        candidates = analysis.to_array()[:, inside]
        voiced = candidates["frequency"][0] > 0
        return PitchTrack(times, _best_guess(candidates).astype(np.float32), voiced.astype(np.float32))

    def measure(audio: Audio) -> Formants:
        analysis = sound(audio, 2 * _FORMANT_WINDOW).to_formant_burg(
            time_step=_STEP, max_number_of_formants=formants, maximum_formant=ceiling, window_length=_FORMANT_WINDOW
        )
        times, _ = _inside(analysis, audio)
        values = [[analysis.get_value_at_time(number, time) for number in range(1, int(formants) + 1)] for time in times.tolist()]
        return Formants(times, np.asarray(values, np.float32).reshape(len(times), int(formants)))

    return Bundle(card, device, {"pitch": track, "formants": measure})


def _inside(analysis: Any, audio: Audio) -> tuple[Any, Any]:
    """The times of the frames inside the sound, and which of Praat's frames they are."""
    times = analysis.xs()
    inside = (times >= 0) & (times <= audio.duration)
    return times[inside].astype(np.float32), inside


def _best_guess(candidates: Any) -> Any:
    """Hz per frame: the candidate that Praat chose (the first), or the strongest that is a pitch, or 0 if none is.

    ``candidates``: shape (candidates, frames), with fields frequency and strength.
    """
    frequency, strength = candidates["frequency"], np.nan_to_num(candidates["strength"])
    strongest = np.where(np.nan_to_num(frequency) > 0, strength, -1.0).argmax(axis=0)
    guess = np.nan_to_num(np.take_along_axis(frequency, strongest[None], axis=0)[0])
    return np.where(frequency[0] > 0, frequency[0], guess)

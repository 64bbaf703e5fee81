"""Flite's reading of the text, taken apart by the vocoder WORLD and put together nearer to the reference voice.

Three things of the reference are taken over, all measured on its voiced frames:
pitch: the mean and spread of log F0 (mean-variance matching);
formants: the frequency axis is stretched by one factor for the length of the vocal tract, the one at which the fine shape of the
mean log spectrum fits best;
tone: the difference that remains between the mean log spectra, smoothed, is added as an equaliser.
Rhythm, intonation and accent stay Flite's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadAudio, ModelLabError
from model_lab.loader_utils import flite
from model_lab.types import Audio

_RATE = 16000
_SHORTEST_S = 0.1
_FEWEST_VOICED = 40
"""Voiced frames (5 ms each) that the statistics of a voice are taken from at least."""

_LONGEST_REFERENCE_S = 20.0
_F0_RANGE = (60.0, 500.0)
_STRETCHES = np.arange(0.80, 1.2501, 0.02)
"""Vocal tracts of adults differ by about a fifth to either side (Lee and Rose 1996)."""

_BAND_HZ = (200.0, 5000.0)
_FINE_HZ, _TONE_HZ, _COARSE_HZ = 50.0, 100.0, 600.0
_FLOOR = 1e-16


@dataclass(frozen=True)
class Voice:
    """A sound in WORLD's terms, a row for every 5 ms: F0 in Hz (0 = unvoiced) and power spectrum."""

    f0: Any
    spectrum: Any

    @property
    def voiced(self) -> Any:
        """Which frames have a pitch."""
        return self.f0 > 0

    @property
    def mean_log_spectrum(self) -> Any:
        """Over the voiced frames, shape ``(bins,)``."""
        return np.log(self.spectrum[self.voiced] + _FLOOR).mean(axis=0)


def load(card: ModelCard, device: str) -> Bundle:
    import pyworld

    read = flite.synthesizer(card)
    low, high = _F0_RANGE

    def analysed(audio: Audio) -> Voice:
        """The reference, of which statistics are enough: the fast tracker will do."""
        samples = _samples(audio)
        coarse, times = pyworld.dio(samples, _RATE, f0_floor=low, f0_ceil=high)
        f0 = pyworld.stonemask(samples, coarse, times, _RATE)
        return Voice(f0, pyworld.cheaptrick(samples, f0, times, _RATE, f0_floor=low))

    def clone(text: str, voice: Audio) -> Audio:
        target_voice = analysed(_reference(card, voice))
        if (count := int(target_voice.voiced.sum())) < _FEWEST_VOICED:
            raise BadAudio(
                f"{card.name}: {count * 0.005:.2f} s of the {voice.duration:.2f} s of the reference are voiced; "
                f"expected at least {_FEWEST_VOICED * 0.005} s of a voice"
            )
        reading = read(text)
        samples = _samples(reading)
        f0, times = pyworld.harvest(samples, _RATE, f0_floor=low, f0_ceil=high)
        source_voice = Voice(f0, pyworld.cheaptrick(samples, f0, times, _RATE, f0_floor=low))
        if not source_voice.voiced.any():
            raise ModelLabError(f"{card.name}: Flite's reading of {text[:60]!r} has no voiced sound; expected words with vowels")
        noise = pyworld.d4c(samples, f0, times, _RATE, fft_size=2 * (source_voice.spectrum.shape[1] - 1))
        parts = (np.ascontiguousarray(part, np.float64) for part in convert(source_voice, noise, target_voice))
        return at_level(pyworld.synthesize(*parts, _RATE), reading)

    return Bundle(card, device, {"voice_clone": clone})


def _samples(audio: Audio) -> Any:
    return np.ascontiguousarray(audio.mono().resample(_RATE).samples, np.float64)


def _reference(card: ModelCard, voice: Audio) -> Audio:
    """The part of the reference that is looked at."""
    if voice.duration < _SHORTEST_S:
        raise BadAudio(f"{card.name}: the reference lasts {voice.duration:.3f} s; expected at least {_SHORTEST_S} s of a voice")
    return Audio(voice.mono().samples[: int(_LONGEST_REFERENCE_S * voice.sample_rate)], voice.sample_rate)


def convert(source_voice: Voice, noise: Any, target_voice: Voice) -> tuple[Any, Any, Any]:
    """F0, power spectrum and aperiodicity of ``spoken`` (``noise`` is its aperiodicity) nearer to ``wanted``."""
    by = best_stretch(source_voice.mean_log_spectrum, target_voice.mean_log_spectrum)
    moved = Voice(source_voice.f0, np.exp(stretched(np.log(source_voice.spectrum + _FLOOR), by)))
    tone = smooth(target_voice.mean_log_spectrum - moved.mean_log_spectrum, _TONE_HZ)
    return matched_pitch(source_voice, target_voice), moved.spectrum * np.exp(tone), np.clip(stretched(noise, by), 0, 1)


def matched_pitch(source_voice: Voice, target_voice: Voice) -> Any:
    """F0 of ``spoken`` with the mean and standard deviation of log F0 of ``wanted``; unvoiced frames stay unvoiced."""
    source, target = np.log(source_voice.f0[source_voice.voiced]), np.log(target_voice.f0[target_voice.voiced])
    spread = target.std() / source.std() if source.std() > 0 else 1.0
    f0 = source_voice.f0.copy()
    f0[source_voice.voiced] = np.clip(np.exp((source - source.mean()) * spread + target.mean()), *_F0_RANGE)
    return f0


def best_stretch(source_voice: Any, target_voice: Any) -> float:
    """The stretch of the frequency axis of the mean log spectrum ``spoken`` that fits the fine shape of ``wanted`` best."""
    low, high = (round(hertz / (_RATE / 2) * (len(target_voice) - 1)) for hertz in _BAND_HZ)
    aim = _fine_shape(target_voice)[low:high]

    def misfit(by: float) -> float:
        return float(np.square(_fine_shape(stretched(source_voice, by))[low:high] - aim).mean())

    return min(map(float, _STRETCHES), key=misfit)


def stretched(rows: Any, by: float) -> Any:
    """Each row with what was at frequency f moved to ``by * f``; linear between bins, the last bin held above.

    >>> stretched(np.array([0.0, 10.0, 20.0, 30.0]), 2.0)
    array([ 0.,  5., 10., 15.])
    """
    bins = np.arange(rows.shape[-1])
    places = np.minimum(bins / by, bins[-1])
    below = np.minimum(places.astype(int), bins[-1] - 1)
    share = places - below
    return rows[..., below] * (1 - share) + rows[..., below + 1] * share


def smooth(spectrum: Any, hertz: float) -> Any:
    """``spectrum`` under a Gaussian of ``hertz`` standard deviation."""
    from scipy.ndimage import gaussian_filter1d

    return gaussian_filter1d(spectrum, hertz / (_RATE / 2) * (spectrum.shape[-1] - 1), mode="nearest")


def _fine_shape(spectrum: Any) -> Any:
    """Formants without pitch harmonics and without overall tone."""
    return smooth(spectrum, _FINE_HZ) - smooth(spectrum, _COARSE_HZ)


def at_level(samples: Any, like: Audio) -> Audio:
    """``samples`` as loud as ``like`` (root mean square), or as loud as full scale allows."""
    level = float(np.sqrt(np.square(like.samples, dtype=np.float64).mean()) / max(np.sqrt(np.square(samples).mean()), _FLOOR))
    return Audio((samples * min(level, 0.99 / max(np.abs(samples).max(), _FLOOR))).astype(np.float32), _RATE)

"""How close a processed signal is to the clean one: STOI and SI-SDR.

Signals are compared at the sample rate of the answer (which is that of the noisy input); a clean signal at another rate is
resampled to it. Where a measure is not defined (silent clean signal; too little speech for STOI) it is NaN, and so unscored.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model_lab.metrics._base import Metric, mean_of
from model_lab.types import Audio

CLAMP_DB = 100.0
"""SI-SDR is kept within +-100 dB, so that a perfect or an empty answer has a finite one."""

_STOI_RATE = 16000
_STOI_TOO_SHORT = 1e-5  # what pystoi returns, with a warning, for fewer than 30 frames (0.4 s) of speech


@dataclass(frozen=True)
class NoisyPair:
    """A clean recording and the same with noise; both mono, from the same instant on."""

    clean: Audio
    noisy: Audio


def aligned(clean: Audio, like: Audio) -> Audio:
    """``clean`` at the sample rate and with the number of frames of ``like`` (cut, or filled up with zeros).

    >>> one_second = Audio(np.ones(8000, np.float32), 8000)
    >>> aligned(one_second, like=Audio(np.zeros(16001, np.float32), 16000)).frames
    16001
    """
    samples = clean.resample(like.sample_rate).samples[: like.frames]
    return Audio(np.pad(samples, (0, like.frames - len(samples))), like.sample_rate)


def si_sdr(clean: Audio, answer: Audio) -> float:
    """Scale-invariant signal-to-distortion ratio in dB, within +-`CLAMP_DB`; means are not removed; NaN for a silent ``clean``.

    >>> clean = Audio(np.array([1, -1, 1, -1], np.float32), 8000)
    >>> answer = Audio(np.array([2, -1, 1, -2], np.float32), 8000)  # 1.5 clean + an error of 1/9 its energy
    >>> round(si_sdr(clean, answer), 3)  # 10 log10(9)
    9.542
    """
    from fast_bss_eval.numpy import si_sdr as measure  # the package's own front door fails without torch

    target = aligned(clean, answer).samples.astype(np.float64)
    if not target.any():
        return math.nan
    wide = measure(target[None], answer.samples.astype(np.float64)[None], clamp_db=CLAMP_DB + 20)  # its clamp stops just short
    return float(np.clip(wide[0], -CLAMP_DB, CLAMP_DB))


def si_sdr_improvement(reference: NoisyPair, answer: Audio) -> float:
    """By how many dB the answer's SI-SDR exceeds that of the noisy input."""
    return si_sdr(reference.clean, answer) - si_sdr(reference.clean, reference.noisy)


def stoi(clean: Audio, answer: Audio) -> float:
    """Short-time objective intelligibility of 16 kHz signals, 1 = as clean; NaN with under 0.4 s of speech in ``clean``."""
    import pystoi

    target = aligned(clean, answer).resample(_STOI_RATE).samples
    if not target.any():
        return math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        value = float(pystoi.stoi(target, answer.resample(_STOI_RATE).samples, _STOI_RATE))
    return math.nan if value == _STOI_TOO_SHORT else value


def _metric(
    name: str, title: str, *, unit: str, bounds: tuple[float, float], source: str, measure: Callable[..., float]
) -> Metric:
    """The mean of ``measure`` over samples; ``bounds`` are its best and its worst value."""
    components, value = mean_of(measure)
    return Metric(
        name=name,
        title=title,
        unit=unit,
        higher_is_better=True,
        best=bounds[0],
        worst=bounds[1],
        version=1,
        source=source,
        components=components,
        value=value,
    )


STOI = _metric(
    "stoi",
    "short-time objective intelligibility",
    unit="ratio",
    bounds=(1.0, -1.0),
    source="Taal et al. 2011 (pystoi)",
    measure=lambda reference, answer: stoi(reference.clean, answer),
)
SI_SDR = _metric(
    "si_sdr",
    "scale-invariant signal-to-distortion ratio",
    unit="dB",
    bounds=(CLAMP_DB, -CLAMP_DB),
    source="Le Roux et al. 2019 (fast-bss-eval)",
    measure=lambda reference, answer: si_sdr(reference.clean, answer),
)
SI_SDR_IMPROVEMENT = _metric(
    "si_sdr_improvement",
    "SI-SDR above that of the noisy input",
    unit="dB",
    bounds=(2 * CLAMP_DB, -2 * CLAMP_DB),
    source="Le Roux et al. 2019 (fast-bss-eval)",
    measure=si_sdr_improvement,
)

"""How close a processed signal is to the clean one: STOI and SI-SDR; how close separated stems are to the true ones.

Signals are compared at the sample rate of the answer (which is that of the noisy input); a clean signal at another rate is
resampled to it. Where a measure is not defined (silent clean signal; too little speech for STOI) it is NaN, and so unscored.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
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


@dataclass(frozen=True)
class Mixture:
    """A mixture and the stems that it is the sum of, by name; all mono, from the same instant on."""

    sound: Audio
    stems: Mapping[str, Audio]


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


def sdr(clean: Audio, answer: Audio) -> float:
    """Signal-to-distortion ratio in dB of BSSEval version 3, within +-`CLAMP_DB`; NaN for a silent ``clean``.

    Any filter of 512 taps on ``clean`` counts as no distortion, so it is never below SI-SDR. It is taken over the whole signal,
    not over windows as museval takes it.

    >>> clean = Audio(np.random.default_rng(0).standard_normal(8000).astype(np.float32), 8000)
    >>> late = Audio(np.concatenate([np.zeros(5, np.float32), clean.samples[:-5]]), 8000)
    >>> sdr(clean, late) > 30 > 0 > si_sdr(clean, late)
    True
    """
    from fast_bss_eval.numpy import sdr as measure

    target = aligned(clean, answer).samples.astype(np.float64)
    if not target.any():
        return math.nan
    wide = measure(target[None], answer.samples.astype(np.float64)[None], clamp_db=CLAMP_DB + 20)
    return float(np.clip(wide[0], -CLAMP_DB, CLAMP_DB))


def matched(reference: Mixture, answer: Mapping[str, Audio]) -> dict[str, Audio]:
    """Which stem of ``answer`` is compared with which of the reference: the reference's name -> the answered sound.

    Stems whose names agree belong together, except that a name which ends in a digit (s1, speaker 2) only numbers the stems.
    All others are matched so that their mean SI-SDR is highest (permutation-invariant, Kolbaek et al. 2017). A stem that is not
    answered counts as the mixture: nothing was done for it. Stems to spare are left aside, and so are silent references.

    >>> low, high = (Audio(np.array(samples, np.float32), 8000) for samples in ([1, 1, 1, 1], [1, -1, 1, -1]))
    >>> both = Mixture(Audio(low.samples + high.samples, 8000), {"s1": low, "s2": high})
    >>> matched(both, {"s1": high, "s2": low})["s2"] is high
    True
    >>> matched(both, {"quick": high})["s1"] is both.sound
    True
    """
    from scipy.optimize import linear_sum_assignment

    agreed = {name for name in reference.stems if name in answer and not name[-1:].isdigit()}
    heard = [name for name, stem in reference.stems.items() if stem.samples.any()]
    alone = [name for name in heard if name not in agreed]
    spare = [stem for name, stem in answer.items() if name not in agreed]
    spare += [reference.sound] * (len(alone) - len(spare))
    likeness = [[si_sdr(reference.stems[name], stem) for stem in spare] for name in alone]
    rows, columns = linear_sum_assignment(np.reshape(likeness, (len(alone), len(spare))), maximize=True)
    found = {alone[row]: spare[column] for row, column in zip(rows, columns, strict=True)}
    return {name: answer[name] if name in agreed else found[name] for name in heard}


def over_stems(measure: Callable[[Audio, Audio], float]) -> Callable[[Mixture, Mapping[str, Audio]], float]:
    """The mean of ``measure(true stem, answered stem)`` over the stems of one mixture; NaN if all of them are silent."""

    def mean(reference: Mixture, answer: Mapping[str, Audio]) -> float:
        pairs = matched(reference, answer)
        values = [measure(reference.stems[name], stem) for name, stem in pairs.items()]
        return sum(values) / len(values) if values else math.nan

    return mean


def stem_improvement(reference: Mixture, answer: Mapping[str, Audio]) -> float:
    """By how many dB the stems' mean SI-SDR exceeds that of the mixture taken for each of them."""
    nothing_done = over_stems(si_sdr)(reference, {})
    return over_stems(si_sdr)(reference, answer) - nothing_done


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
STEM_SI_SDR_IMPROVEMENT = _metric(
    "si_sdr_improvement",
    "mean SI-SDR of the stems above that of the mixture",
    unit="dB",
    bounds=(2 * CLAMP_DB, -2 * CLAMP_DB),
    source="Le Roux et al. 2019 (fast-bss-eval)",
    measure=stem_improvement,
)
STEM_SI_SDR = _metric(
    "si_sdr",
    "mean scale-invariant signal-to-distortion ratio of the stems",
    unit="dB",
    bounds=(CLAMP_DB, -CLAMP_DB),
    source="Le Roux et al. 2019 (fast-bss-eval)",
    measure=over_stems(si_sdr),
)
STEM_SDR = _metric(
    "sdr",
    "mean signal-to-distortion ratio of the stems, BSSEval version 3",
    unit="dB",
    bounds=(CLAMP_DB, -CLAMP_DB),
    source="Vincent et al. 2006 (fast-bss-eval)",
    measure=over_stems(sdr),
)

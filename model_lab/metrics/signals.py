"""Enhancement and separation: how close a processed signal is to the clean one, and separated stems to the true ones.

Conventions
-----------
- Signals are mono and start at the same instant. They are compared at the sample rate of the answer (that of the noisy input);
  a clean signal at another rate is resampled, and cut or padded with zeros to the answer's length.
- Where a measure is undefined (a silent clean signal; too little speech for STOI) it is NaN and the sample is unscored.
- Decibel values are limited to +-`CLAMP_DB`. A dataset's value is the mean over recordings; of a mixture, the mean over its stems.
- Stems with the same name are compared; unnamed or numbered ones are matched so that their mean SI-SDR is highest (see `matched`).

Metrics
-------
With clean s and answer x; higher is better.

- `SI_SDR` (``si_sdr``): 10 log10(|a s|^2 / |a s - x|^2), a = <x, s> / |s|^2, means not removed; dB. Le Roux et al. 2019
  (fast-bss-eval).
- `SI_SDR_IMPROVEMENT` (``si_sdr_improvement``): SI-SDR of the answer minus that of the noisy input; dB. Le Roux et al. 2019.
- `STOI` (``stoi``): short-time objective intelligibility at 16 kHz, at most 1. Taal et al. 2011 (pystoi).
- `ESTOI` (``estoi``): extended STOI, which also holds for noise that fluctuates; at most 1. Jensen and Taal 2016 (pystoi).
- `STEM_SI_SDR` (``si_sdr``): mean SI-SDR of the stems; dB.
- `STEM_SI_SDR_IMPROVEMENT` (``si_sdr_improvement``): mean SI-SDR of the stems minus that of the mixture taken for each; dB.
- `STEM_SDR` (``sdr``): mean over stems of SDR with a 512-tap distortion filter allowed (BSSEval version 3), over the whole signal, not
  over windows as in museval; dB. Vincent et al. 2006 (fast-bss-eval).
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
"""Limit of SDR and SI-SDR in dB, so that a perfect or an empty answer has a finite value."""

_STOI_RATE = 16000
_STOI_TOO_SHORT = 1e-5  # what pystoi returns, with a warning, for fewer than 30 frames (0.4 s) of speech


@dataclass(frozen=True)
class NoisyPair:
    """Reference of enhancement.

    Attributes:
        clean: The clean recording, mono.
        noisy: The same with noise, mono, from the same instant on: the model's input.
        text: What is said in it; empty if that is not known.
    """

    clean: Audio
    noisy: Audio
    text: str = ""


@dataclass(frozen=True)
class Mixture:
    """Reference of separation.

    Attributes:
        sound: The mixture, mono: the model's input.
        stems: The true stems by name, mono, from the same instant on; they sum to the mixture.
    """

    sound: Audio
    stems: Mapping[str, Audio]


def aligned(clean: Audio, like: Audio) -> Audio:
    """Convert a clean signal to the sample rate and length of another.

    Args:
        clean: Mono signal at any sample rate.
        like: Mono signal that sets sample rate and number of frames.

    Returns:
        ``clean`` resampled, then cut or padded at the end with zeros.

    Examples:
        >>> one_second = Audio(np.ones(8000, np.float32), 8000)
        >>> aligned(one_second, like=Audio(np.zeros(16001, np.float32), 16000)).frames
        16001
    """
    samples = clean.resample(like.sample_rate).samples[: like.frames]
    return Audio(np.pad(samples, (0, like.frames - len(samples))), like.sample_rate)


def si_sdr(clean: Audio, answer: Audio) -> float:
    """Compute the scale-invariant signal-to-distortion ratio.

    Args:
        clean: True signal, mono; resampled and cut or padded to ``answer``.
        answer: Estimated signal, mono.

    Returns:
        SI-SDR in dB within +-`CLAMP_DB`, higher is better; means are not removed. NaN for a silent ``clean``.

    Examples:
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
    """Compute by how much enhancement raised the SI-SDR.

    Args:
        reference: Clean and noisy recording.
        answer: Enhanced recording, mono.

    Returns:
        SI-SDR of ``answer`` minus that of the noisy recording, in dB; above 0 is better than doing nothing. NaN for a silent clean signal.
    """
    return si_sdr(reference.clean, answer) - si_sdr(reference.clean, reference.noisy)


def sdr(clean: Audio, answer: Audio) -> float:
    """Compute the signal-to-distortion ratio of BSSEval version 3 over the whole signal.

    Args:
        clean: True signal, mono; resampled and cut or padded to ``answer``.
        answer: Estimated signal, mono.

    Returns:
        SDR in dB within +-`CLAMP_DB`, higher is better. Any filter of 512 taps on ``clean`` counts as no distortion, so it is
            never below SI-SDR. NaN for a silent ``clean``.

    Examples:
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
    """Choose which answered stem is compared with which true stem.

    Stems whose names agree belong together, except that a name ending in a digit (s1, speaker 2) only numbers the stems. All others are
    matched so that their mean SI-SDR is highest (permutation-invariant, Kolbaek et al. 2017). A stem that is not answered counts as the
    mixture, as if nothing had been done. Surplus answers and silent true stems are left out.

    Args:
        reference: Mixture and true stems.
        answer: Answered stems by name, mono.

    Returns:
        Name of each true stem that is not silent, with the answered signal to compare it with.

    Examples:
        >>> low, high = (Audio(np.array(samples, np.float32), 8000) for samples in ([1, 1, 1, 1], [1, -1, 1, -1]))
        >>> both = Mixture(Audio(low.samples + high.samples, 8000), {"s1": low, "s2": high})
        >>> matched(both, {"s1": high, "s2": low})["s2"] is high
        True
        >>> matched(both, {"quick": high})["s1"] is both.sound
        True
    """
    from scipy.optimize import linear_sum_assignment

    agreed = {name for name in reference.stems if name in answer and not name[-1:].isdigit()}
    audible = [name for name, stem in reference.stems.items() if stem.samples.any()]
    alone = [name for name in audible if name not in agreed]
    spare = [stem for name, stem in answer.items() if name not in agreed]
    spare += [reference.sound] * (len(alone) - len(spare))
    likeness = [[si_sdr(reference.stems[name], stem) for stem in spare] for name in alone]
    rows, columns = linear_sum_assignment(np.reshape(likeness, (len(alone), len(spare))), maximize=True)
    assigned = {alone[row]: spare[column] for row, column in zip(rows, columns, strict=True)}
    return {name: answer[name] if name in agreed else assigned[name] for name in audible}


def over_stems(measure: Callable[[Audio, Audio], float]) -> Callable[[Mixture, Mapping[str, Audio]], float]:
    """Turn a measure of two signals into the mean over the stems of a mixture.

    Args:
        measure: ``measure(true stem, answered stem)``, such as `si_sdr`.

    Returns:
        A function of a `Mixture` and the answered stems; its mean is NaN if all true stems are silent.
    """

    def mean(reference: Mixture, answer: Mapping[str, Audio]) -> float:
        pairs = matched(reference, answer)
        values = [measure(reference.stems[name], stem) for name, stem in pairs.items()]
        return sum(values) / len(values) if values else math.nan

    return mean


def stem_improvement(reference: Mixture, answer: Mapping[str, Audio]) -> float:
    """Compute by how much separation raised the stems' SI-SDR.

    Args:
        reference: Mixture and true stems.
        answer: Answered stems by name, mono.

    Returns:
        Mean SI-SDR of the stems minus that of the mixture taken for each, in dB; above 0 is better than doing nothing. NaN if all true
            stems are silent.
    """
    nothing_done = over_stems(si_sdr)(reference, {})
    return over_stems(si_sdr)(reference, answer) - nothing_done


def stoi(clean: Audio, answer: Audio, extended: bool = False) -> float:
    """Compute short-time objective intelligibility of the signals at 16 kHz.

    Args:
        clean: True signal, mono; resampled and cut or padded to ``answer``.
        answer: Processed signal, mono.
        extended: Compute ESTOI, which also holds for noise that fluctuates.

    Returns:
        STOI, higher is better, 1 for an answer equal to ``clean``; NaN if ``clean`` is silent or has less than about 0.4 s of speech.
    """
    import pystoi

    target = aligned(clean, answer).resample(_STOI_RATE).samples
    if not target.any():
        return math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        value = float(pystoi.stoi(target, answer.resample(_STOI_RATE).samples, _STOI_RATE, extended=extended))
    return math.nan if value == _STOI_TOO_SHORT else value


def _metric(
    name: str, title: str, *, unit: str, bounds: tuple[float, float], source: str, measure: Callable[..., float], scorer: str
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
        scorer=scorer,
    )


STOI = _metric(
    "stoi",
    "short-time objective intelligibility",
    unit="ratio",
    bounds=(1.0, -1.0),
    source="Taal et al. 2011 (pystoi)",
    scorer="pystoi-16k",
    measure=lambda reference, answer: stoi(reference.clean, answer),
)
ESTOI = _metric(
    "estoi",
    "extended short-time objective intelligibility",
    unit="ratio",
    bounds=(1.0, -1.0),
    source="Jensen and Taal 2016 (pystoi)",
    scorer="pystoi-extended-16k",
    measure=lambda reference, answer: stoi(reference.clean, answer, extended=True),
)
SI_SDR = _metric(
    "si_sdr",
    "scale-invariant signal-to-distortion ratio",
    unit="dB",
    bounds=(CLAMP_DB, -CLAMP_DB),
    source="Le Roux et al. 2019 (fast-bss-eval)",
    scorer="fast_bss_eval-si_sdr",
    measure=lambda reference, answer: si_sdr(reference.clean, answer),
)
SI_SDR_IMPROVEMENT = _metric(
    "si_sdr_improvement",
    "SI-SDR above that of the noisy input",
    unit="dB",
    bounds=(2 * CLAMP_DB, -2 * CLAMP_DB),
    source="Le Roux et al. 2019 (fast-bss-eval)",
    scorer="fast_bss_eval-si_sdr",
    measure=si_sdr_improvement,
)
STEM_SI_SDR_IMPROVEMENT = _metric(
    "si_sdr_improvement",
    "mean SI-SDR of the stems above that of the mixture",
    unit="dB",
    bounds=(2 * CLAMP_DB, -2 * CLAMP_DB),
    source="Le Roux et al. 2019 (fast-bss-eval)",
    scorer="fast_bss_eval-si_sdr",
    measure=stem_improvement,
)
STEM_SI_SDR = _metric(
    "si_sdr",
    "mean scale-invariant signal-to-distortion ratio of the stems",
    unit="dB",
    bounds=(CLAMP_DB, -CLAMP_DB),
    source="Le Roux et al. 2019 (fast-bss-eval)",
    scorer="fast_bss_eval-si_sdr",
    measure=over_stems(si_sdr),
)
STEM_SDR = _metric(
    "sdr",
    "mean signal-to-distortion ratio of the stems, BSSEval version 3",
    unit="dB",
    bounds=(CLAMP_DB, -CLAMP_DB),
    source="Vincent et al. 2006 (fast-bss-eval)",
    scorer="fast_bss_eval-bss_eval-3",
    measure=over_stems(sdr),
)

"""Separation as the music separation campaigns score it: BSSEval version 4, framewise, by medians.

Conventions
-----------
- Stems are mono, matched and aligned as in `signals`. Campaigns on MUSDB18 score stereo, so that their numbers are near, and not the same.
- A frame is one second, without overlap; what is left at the end is not scored. A frame in which any true or answered stem is silent is not
  scored for any stem, so that a mixture with a stem that is silent throughout is not counted.
- Each stem has the median over the frames of a mixture, then over mixtures; the value is the mean over the names of stems. Frames are
  limited to +-`signals.CLAMP_DB`.

Metrics
-------
- `STEM_SDR_V4` (``sdr_bss_eval_v4``): with s a frame of the true stem and x that of the answer, 10 log10(|s|^2 / |s - x|^2), which is the
  SDR of BSSEval version 4: level and filters count as distortion. dB, higher is better. Stöter et al. 2018 (museval).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from model_lab.metrics._base import Components, Metric
from model_lab.metrics.signals import CLAMP_DB, Mixture, aligned, matched
from model_lab.types import Audio


def frame_components(reference: Mixture, hypothesis: Mapping[str, Audio]) -> Components:
    """Compute the median SDR of each stem of a mixture.

    Args:
        reference: Mixture and true stems.
        hypothesis: Answered stems by name, mono.

    Returns:
        ``stems``: names of the stems; ``sdr``: their medians over frames, in dB. Empty where every frame has a silent stem.

    Examples:
        >>> low, high = (Audio(np.array(samples * 8, np.float32), 8) for samples in ([1, 1], [1, -1]))
        >>> both = Mixture(Audio(low.samples + high.samples, 8), {"low": low, "high": high})
        >>> parts = frame_components(both, {"low": both.sound, "high": Audio(high.samples / 2, 8)})
        >>> parts["stems"], [round(decibels, 2) for decibels in parts["sdr"]]  # 10 log10(1) and 10 log10(4)
        (['low', 'high'], [0.0, 6.02])
    """
    answers = matched(reference, hypothesis)
    if answers.keys() != reference.stems.keys():
        return {"stems": [], "sdr": []}
    truth = np.stack([_frames(aligned(stem, like=answers[name])) for name, stem in reference.stems.items()])
    answer = np.stack([_frames(answers[name]) for name in reference.stems])
    audible = (truth.any(axis=2) & answer.any(axis=2)).all(axis=0)
    if not audible.any():
        return {"stems": [], "sdr": []}
    signal, error = (np.square(part[:, audible]).sum(axis=2) for part in (truth, truth - answer))
    with np.errstate(divide="ignore"):
        decibels = np.clip(10 * np.log10(signal / error), -CLAMP_DB, CLAMP_DB)
    return {"stems": list(reference.stems), "sdr": np.median(decibels, axis=1).tolist()}


def median_sdr(pooled: Mapping[str, Any]) -> float:
    """Compute the median over mixtures of each stem, averaged over the names of stems.

    Args:
        pooled: Pooled `frame_components`.

    Returns:
        SDR in dB, higher is better; NaN for an empty pool.

    Examples:
        >>> median_sdr({"stems": ["bass", "drums", "bass", "bass"], "sdr": [1.0, 10.0, 2.0, 6.0]})  # bass 2, drums 10
        6.0
    """
    names, decibels = np.asarray(pooled["stems"]), np.asarray(pooled["sdr"])
    if not names.size:
        return float("nan")
    return float(np.mean([np.median(decibels[names == name]) for name in np.unique(names)]))


def _frames(sound: Audio) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The whole seconds of a mono signal, shape ``(seconds, sample_rate)``."""
    seconds = sound.frames // sound.sample_rate
    return sound.samples[: seconds * sound.sample_rate].astype(np.float64).reshape(seconds, sound.sample_rate)


STEM_SDR_V4 = Metric(
    name="sdr_bss_eval_v4",
    title="signal-to-distortion ratio of BSSEval version 4, mono: median over seconds, then mixtures; mean over stems",
    unit="dB",
    higher_is_better=True,
    best=CLAMP_DB,
    worst=-CLAMP_DB,
    version=1,
    source="Stöter et al. 2018 (museval)",
    components=frame_components,
    value=median_sdr,
    lacking="a stem is silent in every second",
    scorer="museval-4-mono-medians",
)

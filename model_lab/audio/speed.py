"""Sound at another speed: played faster or slower as from a tape, tempo and pitch together."""

from __future__ import annotations

import numpy as np

from model_lab.types import Audio


def speed(audio: Audio, factor: float) -> Audio:
    """Play sound ``factor`` times as fast, as from a tape: shorter and higher above 1, longer and lower below.

    Args:
        audio: Any number of channels.
        factor: Times as fast, above 0.

    Returns:
        Sound at the same sample rate, of ``round(frames / factor)`` frames (at least one) per channel.

    Example:
        >>> speed(Audio(np.zeros(8000, np.float32), 8000), 2.0).duration
        0.5
    """
    import soxr

    faster = soxr.resample(audio.samples.T, audio.sample_rate * factor, audio.sample_rate).T
    wanted = max(1, round(audio.frames / factor))
    return fitted(Audio(np.ascontiguousarray(faster, np.float32), audio.sample_rate), wanted)


def fitted(audio: Audio, frames: int) -> Audio:
    """Cut sound, or fill it up with zeros at its end.

    Args:
        audio: Any number of channels.
        frames: Samples per channel that the result has.

    Returns:
        The same sound with ``frames`` frames.
    """
    missing = [(0, 0)] * (audio.samples.ndim - 1) + [(0, max(0, frames - audio.frames))]
    return Audio(np.pad(audio.samples[..., :frames], missing), audio.sample_rate)

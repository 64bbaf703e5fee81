"""Where speech is in a clean clip, how loud it is, and noise at an exact signal-to-noise ratio."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from model_lab.types import Audio, FloatArray

FRAME = 0.01
"""Seconds per energy frame: the resolution of all boundaries."""

THRESHOLD_DB = 30.0
"""A frame is speech if its energy is at most this far below the loud frames (95th percentile) of its clip."""

Span = tuple[float, float]


def frame_db(samples: FloatArray, sample_rate: int) -> npt.NDArray[np.float64]:
    """RMS level (dB of full scale) of every whole 10 ms frame of mono ``samples``."""
    size = round(FRAME * sample_rate)
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    return np.asarray(10.0 * np.log10((frames**2).mean(axis=1) + 1e-12))


def contrast_db(clip: Audio) -> float:
    """How far the quietest frames (2nd percentile) lie below the loud ones (95th): the cleanness of a clip with pauses."""
    loud, quiet = np.percentile(frame_db(clip.samples, clip.sample_rate), [95, 2])
    return float(loud - quiet)


def spans(clip: Audio, pause: float) -> list[Span]:
    """Stretches of speech in a clean mono clip, in seconds; pauses shorter than ``pause`` s belong to the speech around them.

    Clicks shorter than 50 ms are not speech.
    """
    level = frame_db(clip.samples, clip.sample_rate)
    active = np.concatenate([[False], level > np.percentile(level, 95) - THRESHOLD_DB, [False]])
    edges = (np.flatnonzero(np.diff(active.astype(np.int8))) * FRAME).tolist()
    return join([(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end - start >= 0.05], pause)


@dataclass(frozen=True)
class SpeechClip:
    """A stretch of clean speech: mono samples, and where in them there is speech (s)."""

    samples: FloatArray
    sample_rate: int
    spans: list[Span]

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def trimmed(clip: Audio, pause: float, rms: float) -> SpeechClip:
    """``clip`` cut to its speech (20 ms more on either side) and scaled to a speech-active RMS; its pauses stay in."""
    segments = spans(clip, pause)
    start = max(0.0, segments[0][0] - 0.02)
    end = min(clip.duration, segments[-1][1] + 0.02)
    samples = clip.samples[round(start * clip.sample_rate) : round(end * clip.sample_rate)]
    moved = [(round(first - start, 3), round(last - start, 3)) for first, last in segments]
    gain = rms / active_rms(samples, clip.sample_rate, moved)
    return SpeechClip((samples * gain).astype(np.float32), clip.sample_rate, moved)


def join(pieces: list[Span], pause: float) -> list[Span]:
    """Merge sorted spans that overlap or have less than ``pause`` s between them.

    >>> join([(0.0, 1.0), (1.2, 2.0), (3.0, 4.0)], 0.3)
    [(0.0, 2.0), (3.0, 4.0)]
    """
    merged: list[Span] = []
    for start, end in sorted(pieces):
        if merged and start - merged[-1][1] < pause:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return [(round(start, 3), round(end, 3)) for start, end in merged]


def gaps(pieces: list[Span], end: float) -> list[Span]:
    """What lies between sorted spans, from 0 to ``end``.

    >>> gaps([(1.0, 2.0), (3.0, 4.0)], 5.0)
    [(0.0, 1.0), (2.0, 3.0), (4.0, 5.0)]
    """
    edges = [0.0, *(edge for piece in pieces for edge in piece), end]
    return [(start, stop) for number, (start, stop) in enumerate(pairwise(edges)) if number % 2 == 0 and start < stop]


def active_rms(samples: FloatArray, sample_rate: int, pieces: list[Span]) -> float:
    """RMS of mono ``samples`` over the given spans alone: the speech-active level."""
    mask = np.zeros(len(samples), bool)
    for start, end in pieces:
        mask[round(start * sample_rate) : round(end * sample_rate)] = True
    return float(np.sqrt(np.mean(np.square(samples[mask], dtype=np.float64))))


def with_rms(samples: FloatArray, rms: float) -> FloatArray:
    """``samples`` scaled to an RMS over their whole length."""
    now = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    return (samples * (rms / now)).astype(np.float32)


def pink(rng: np.random.Generator, frames: int, sample_rate: int) -> FloatArray:
    """Gaussian noise with power falling as 1/f above 20 Hz, RMS 1."""
    spectrum = np.fft.rfft(rng.standard_normal(frames))
    frequency = np.fft.rfftfreq(frames, 1.0 / sample_rate)
    shaped = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 20.0)), frames)
    return with_rms(shaped.astype(np.float32), 1.0)

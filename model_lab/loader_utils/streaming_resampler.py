"""Resamples audio chunks for streaming recognisers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab.deprecation import renamed
from model_lab.types import Audio, FloatArray


class StreamingResampler:
    """Converts the chunks of a stream, at any rate and with any number of channels, to mono samples at ``sample_rate`` Hz.

    The resampler keeps its state between chunks, so that there are no discontinuities; it holds back a few milliseconds until `end`.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._resampler: Any = None

    def push(self, chunk: Audio) -> FloatArray:
        """Add a chunk; returns the samples that are ready."""
        samples = chunk.mono().samples
        if chunk.sample_rate == self._rate:
            return samples
        if self._resampler is None:
            import soxr

            self._resampler = soxr.ResampleStream(chunk.sample_rate, self._rate, 1, dtype="float32")
        return np.asarray(self._resampler.resample_chunk(samples), np.float32)

    def end(self) -> FloatArray:
        """The remaining samples."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._resampler is None else np.asarray(self._resampler.resample_chunk(nothing, last=True), np.float32)


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"Feed": "StreamingResampler"})

"""Sound that comes in chunks, made into what a streaming recogniser takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from model_lab.types import Audio, FloatArray


class Feed:
    """Chunks of one stream in, at any rate and with any number of channels; mono samples at ``sample_rate`` Hz out.

    The resampler runs on from chunk to chunk, so that their seams are not heard; it keeps a few milliseconds back until `end`.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._resampler: Any = None

    def push(self, chunk: Audio) -> FloatArray:
        """The samples that are ready now."""
        samples = chunk.mono().samples
        if chunk.sample_rate == self._rate:
            return samples
        if self._resampler is None:
            import soxr

            self._resampler = soxr.ResampleStream(chunk.sample_rate, self._rate, 1, dtype="float32")
        return np.asarray(self._resampler.resample_chunk(samples), np.float32)

    def end(self) -> FloatArray:
        """The samples that were kept back."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._resampler is None else np.asarray(self._resampler.resample_chunk(nothing, last=True), np.float32)

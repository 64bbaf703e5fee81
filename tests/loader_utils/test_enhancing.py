"""The way of a sound to an enhancer's own sample rate and back."""

from __future__ import annotations

import numpy as np
import pytest

from model_lab.loader_utils import enhancing
from model_lab.types import Audio, FloatArray


def tone(rate: int) -> Audio:
    return Audio(np.sin(2 * np.pi * 440 * np.arange(rate // 2) / rate).astype(np.float32), rate)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_the_rate_and_the_length_of_the_sound_come_back(rate: int) -> None:
    seen = []

    def same(samples: FloatArray) -> FloatArray:
        seen.append(len(samples))
        return samples

    answer = enhancing.at_rate(tone(rate), 16000, same)
    assert seen == [8000] and answer.sample_rate == rate
    inside = slice(rate // 20, -rate // 20)
    np.testing.assert_allclose(answer.samples[inside], tone(rate).samples[inside], atol=1e-2)


def test_what_is_too_long_is_cut_and_what_is_missing_is_silence() -> None:
    sound = Audio(np.ones((2, 100), np.float32), 16000)
    longer = enhancing.at_rate(sound, 16000, lambda samples: np.concatenate([samples, samples]))
    np.testing.assert_array_equal(longer.samples, np.ones(100))
    shorter = enhancing.at_rate(sound, 16000, lambda samples: samples[:60])
    np.testing.assert_array_equal(shorter.samples, np.repeat([1.0, 0.0], [60, 40]))

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.datasets.recipes import _levels as levels
from model_lab.types import Audio
from tests.datasets.conftest import bursts


def test_spans_are_where_the_energy_is() -> None:
    sound = Audio(bursts([(0.2, 0.9), (1.0, 1.5), (2.0, 2.6), (2.8, 2.82)], 3.0), 16000)
    assert levels.spans(sound, 0.3) == [(0.2, 1.5), (2.0, 2.6)]
    assert levels.spans(sound, 0.05) == [(0.2, 0.9), (1.0, 1.5), (2.0, 2.6)]


def test_spans_ignore_a_noise_floor() -> None:
    clean = bursts([(0.5, 1.5)], 2.0)
    noise = np.random.default_rng(0).standard_normal(len(clean)).astype(np.float32) * 0.001
    assert levels.spans(Audio(clean + noise, 16000), 0.3) == [(0.5, 1.5)]


def test_trimmed_keeps_pauses_and_sets_the_level() -> None:
    clip = levels.trimmed(Audio(bursts([(0.5, 1.0), (1.6, 2.0)], 3.0), 16000), 0.3, 0.05)
    assert clip.spans == [(0.02, 0.52), (1.12, 1.52)] and clip.duration == pytest.approx(1.54, abs=1e-3)
    assert levels.active_rms(clip.samples, 16000, clip.spans) == pytest.approx(0.05, rel=1e-3)


def test_pink_noise_falls_three_decibels_an_octave() -> None:
    noise = levels.pink(np.random.default_rng(1), 1 << 18, 16000)
    power = np.abs(np.fft.rfft(noise)) ** 2
    frequency = np.fft.rfftfreq(len(noise), 1 / 16000)
    octaves = [power[(frequency >= low) & (frequency < 2 * low)].mean() for low in (125, 250, 500, 1000, 2000)]
    assert np.diff(10 * np.log10(octaves)) == pytest.approx([-3.01] * 4, abs=0.4)
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(1.0, rel=1e-4)


spans = st.lists(st.tuples(st.floats(0, 50), st.floats(0.01, 5)).map(lambda span: (span[0], span[0] + span[1])), max_size=8)


@given(spans, st.floats(0.001, 2.0))
def test_joined_spans_cover_the_same_and_lie_apart(pieces: list[levels.Span], pause: float) -> None:
    joined = levels.join(pieces, pause)
    assert all(later[0] - earlier[1] >= pause - 0.002 for earlier, later in pairwise(joined))
    for start, end in pieces:
        assert any(low <= start + 0.001 and end - 0.001 <= high for low, high in joined)

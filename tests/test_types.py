"""The values that cross modules, and their written form."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.errors import ContractBroken
from model_lab.types import (
    Audio,
    Beats,
    Detection,
    Entity,
    Label,
    Note,
    PitchTrack,
    Segment,
    StreamEvent,
    StreamTranscript,
    Transcript,
    Turn,
    Word,
    decode,
    encode,
)

seconds = st.floats(0, 1e5)
values = st.one_of(
    st.builds(Segment, seconds, seconds, st.text()),
    st.builds(Turn, seconds, seconds, st.text()),
    st.builds(Label, st.text(), st.floats(0, 1)),
    st.builds(Note, seconds, seconds, seconds, st.floats(0, 1)),
    st.builds(Detection, st.text(), seconds, seconds, st.floats(-9, 9)),
    st.builds(
        StreamTranscript, st.lists(st.builds(StreamEvent, st.text(), st.booleans(), seconds, seconds), max_size=3).map(tuple)
    ),
    st.builds(Entity, st.text(), st.text(), st.integers(0, 99), st.integers(0, 99)),
    st.builds(Transcript, st.text(), st.lists(st.builds(Word, st.text(), seconds, seconds), max_size=3).map(tuple), st.text()),
)


@given(st.lists(values, max_size=5))
def test_values_survive_json(given_values: list[Any]) -> None:
    written = json.dumps(encode(given_values, np.ndarray.tolist))
    assert decode(json.loads(written), np.array) == given_values


def test_arrays_are_handed_to_attach() -> None:
    kept: list[np.ndarray] = []
    plain = encode(Beats(120.0, np.array([0.5, 1.0], np.float32)), lambda array: kept.append(array) or len(kept) - 1)
    assert plain == {"type": "Beats", "tempo_bpm": 120.0, "times": {"type": "array", "data": 0}}
    again = decode(plain, lambda index: kept[index])
    assert again.times is kept[0]


def test_a_track_is_written_whole() -> None:
    track = PitchTrack(*(np.arange(3, dtype=np.float32),) * 3)
    again = decode(json.loads(json.dumps(encode(track, np.ndarray.tolist))), lambda data: np.array(data, np.float32))
    assert all(np.array_equal(getattr(again, name), getattr(track, name)) for name in ("times", "f0_hz", "voiced"))


def test_foreign_types_are_refused() -> None:
    with pytest.raises(ContractBroken, match=r"set; expected a type of model_lab\.types"):
        encode({1, 2}, list)


@pytest.mark.parametrize(
    "samples", [np.zeros(3), np.zeros(3, np.int16), np.zeros((1, 2, 3), np.float32), np.float32(0.0) * np.ones((), np.float32)]
)
def test_audio_is_float32_of_one_or_two_dimensions(samples: np.ndarray) -> None:
    with pytest.raises(ContractBroken, match="expected float32 of shape"):
        Audio(samples, 16000)


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_is_positive(rate: int) -> None:
    with pytest.raises(ContractBroken, match=f"sample_rate is {rate}"):
        Audio(np.zeros(3, np.float32), rate)


def test_mono_is_the_mean_and_resampling_keeps_time() -> None:
    stereo = Audio(np.array([[1.0, 0.0], [0.0, 1.0]], np.float32), 8000)
    assert stereo.mono().samples.tolist() == [0.5, 0.5]
    assert stereo.duration == 2 / 8000
    tone = Audio(np.sin(2 * np.pi * 100 * np.arange(8000) / 8000).astype(np.float32), 8000)
    assert tone.resample(8000) is tone
    up = tone.resample(48000)
    assert up.frames == 48000
    expected = np.sin(2 * np.pi * 100 * np.arange(48000) / 48000)
    assert np.abs(up.samples - expected)[4800:-4800].max() < 1e-3
    assert Audio(np.stack([tone.samples] * 2), 8000).resample(4000).samples.shape == (2, 4000)


def test_channels_that_cancel_out_do_not_become_silence() -> None:
    rng = np.random.default_rng(0)
    voice, other = rng.standard_normal((2, 8000)).astype(np.float32)
    quiet = (0.02 * other).astype(np.float32)
    for channels, kept in (
        ([voice, -voice], voice),
        ([voice, -0.9 * voice + quiet], voice),
        ([-0.9 * voice + quiet, voice], voice),
        ([voice, -voice, quiet], voice),
    ):
        assert np.array_equal(Audio(np.stack(channels).astype(np.float32), 8000).mono().samples, kept)
    for channels in (
        [voice, other],
        [voice, voice],
        [voice, 0 * voice],
        [voice, -0.5 * voice],
        [0 * voice] * 2,
        [voice] + [0 * voice] * 7,
    ):
        stereo = np.stack(channels).astype(np.float32)
        assert np.array_equal(Audio(stereo, 8000).mono().samples, stereo.mean(axis=0, dtype=np.float32))


def test_pcm16_clips() -> None:
    assert Audio(np.array([2.0, -2.0, 0.5], np.float32), 8000).pcm16().tolist() == [32767, -32767, 16384]

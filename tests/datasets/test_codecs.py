"""Codecs: what comes out is the same sound, in its place, with what the codec takes away."""

from __future__ import annotations

from collections.abc import Callable

import av
import numpy as np
import pytest
from scipy.signal import correlate, welch

from model_lab.capabilities.enhance import speech_like
from model_lab.datasets import codecs
from model_lab.errors import NotRunnable
from model_lab.types import Audio

CODECS: dict[str, Callable[[Audio], Audio]] = {
    "telephone": codecs.telephone,
    "gsm": codecs.gsm,
    "opus 8": lambda audio: codecs.opus(audio, 8),
    "opus 12": lambda audio: codecs.opus(audio, 12),
    "opus 64": lambda audio: codecs.opus(audio, 64),
    "mp3 8": lambda audio: codecs.mp3(audio, 8),
    "mp3 32": lambda audio: codecs.mp3(audio, 32),
    "mp3 128": lambda audio: codecs.mp3(audio, 128),
    "mp3 320": lambda audio: codecs.mp3(audio, 320),
}

LATE_S = {"opus 8": 0.00013}
"""At so few bits Opus works at 8 kHz inside, and its own resampling is not compensated for."""


def lag(clean: Audio, coded: Audio) -> int:
    """By how many samples ``coded`` comes late or early: where the cross-correlation peaks."""
    first, second = (sound.samples.astype(np.float64) - sound.samples.mean() for sound in (clean, coded))
    return abs(int(np.argmax(correlate(second, first))) - (clean.frames - 1))


def hiss(seconds: float, rate: int) -> Audio:
    return Audio((0.1 * np.random.default_rng(0).standard_normal(round(seconds * rate))).astype(np.float32), rate)


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_nothing_comes_late(name: str, rate: int) -> None:
    clean = speech_like(1.3).resample(rate)
    coded = CODECS[name](clean)
    assert (coded.frames, coded.sample_rate, coded.samples.shape) == (clean.frames, rate, clean.samples.shape)
    assert lag(clean, coded) / rate <= LATE_S.get(name, 0.0)
    assert not np.array_equal(coded.samples, clean.samples)


@pytest.mark.parametrize("name", CODECS)
def test_every_channel_is_coded_by_itself(name: str) -> None:
    left, right = speech_like(0.5), hiss(0.5, 16000)
    both = CODECS[name](Audio(np.stack([left.samples, right.samples]), 16000))
    assert np.array_equal(both.samples[0], CODECS[name](left).samples)
    assert np.array_equal(both.samples[1], CODECS[name](right).samples)


def test_a_telephone_passes_300_to_3400_hertz() -> None:
    clean = hiss(5.0, 16000)
    hertz, before = welch(clean.samples, 16000, nperseg=4096)
    _, after = welch(codecs.telephone(clean).samples, 16000, nperseg=4096)
    gain = 10 * np.log10(after / before)
    inside, outside = (hertz > 400) & (hertz < 3300), (hertz < 200) | (hertz > 3600)
    assert np.abs(gain[inside]).max() < 1.5
    assert gain[outside].max() < -25


def test_mu_law_has_the_levels_of_g711() -> None:
    """Decoded values of G.711: (2 m + 33) 2^e - 33 of 8159 steps, m 0..15, e 0..7, either sign."""
    coded = codecs._through_sndfile(hiss(2.0, 8000).samples, "ULAW")
    steps = np.array([(2 * m + 33) * 2**e - 33 for e in range(8) for m in range(16)])
    found = np.unique(np.abs(np.round(coded.astype(np.float64) * 32768 / 4).astype(int)))
    assert set(found) <= set(steps.tolist()) and len(found) > 50


def error_db(clean: Audio, coded: Audio) -> float:
    return float(10 * np.log10(np.mean((clean.samples - coded.samples) ** 2) / np.mean(clean.samples**2)))


@pytest.mark.parametrize("coder", [codecs.opus, codecs.mp3])
def test_more_bits_are_nearer_to_the_sound(coder: Callable[[Audio, float], Audio]) -> None:
    clean = speech_like(1.5)
    assert error_db(clean, coder(clean, 96)) < error_db(clean, coder(clean, 24)) - 3


def test_every_bit_rate_of_mp3_is_known_to_some_sample_rate() -> None:
    clean = speech_like(0.3)
    assert all(codecs.mp3(clean, kbps).frames == clean.frames for kbps in codecs.MP3_KBPS)


@pytest.mark.parametrize("frames", [1, 7, 161])
@pytest.mark.parametrize("name", CODECS)
def test_sound_shorter_than_a_frame_of_the_codec_keeps_its_length(name: str, frames: int) -> None:
    short = Audio(hiss(1.0, 16000).samples[:frames], 16000)
    assert CODECS[name](short).frames == frames


def test_a_codec_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av.codec, "codecs_available", {"pcm_s16le"})
    with pytest.raises(NotRunnable, match="has no libopus; run: pip install --force-reinstall av"):
        codecs.opus(speech_like(0.2), 12)

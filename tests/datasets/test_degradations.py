"""What perturbations do to sound, measured: levels, spectra, decays, losses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch

from model_lab.audio.speed import fitted, speed
from model_lab.capabilities.enhance import speech_like
from model_lab.datasets import degradations
from model_lab.datasets.degradations import active_level, lost, room
from model_lab.types import Audio

RATE = 16000


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def db(ratio: float) -> float:
    return float(20 * np.log10(ratio))


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def tone(seconds: float, hertz: float = 440.0, rate: int = RATE, peak: float = 0.5) -> Audio:
    return Audio((peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32), rate)


def stereo(audio: Audio) -> Audio:
    return Audio(np.stack([audio.samples, 0.5 * audio.samples]), audio.sample_rate)


def test_pauses_do_not_count_for_the_active_level() -> None:
    """Three seconds of tone in nine: plain RMS is 4.8 dB below the tone, the active level (with its hangover) 0.5 dB at most."""
    sound, pause = tone(3.0), np.zeros(3 * RATE, np.float32)
    paused = Audio(np.concatenate([pause, sound.samples, pause]), RATE)
    assert db(active_level(paused) / rms(sound.samples)) == pytest.approx(0, abs=0.5)
    assert db(rms(paused.samples) / rms(sound.samples)) == pytest.approx(-4.77, abs=0.01)


def test_sound_without_pauses_has_its_rms_as_active_level_and_silence_has_none() -> None:
    hiss = Audio((0.1 * chance().standard_normal(5 * RATE)).astype(np.float32), RATE)
    assert db(active_level(hiss) / rms(hiss.samples)) == pytest.approx(0, abs=0.05)
    assert active_level(Audio(np.zeros(100, np.float32), RATE)) == 0.0


def sample_by_sample(audio: Audio) -> float:
    """The active level in dB, as ITU-T P.56 writes method B down: one sample after another, one counter for each threshold."""
    samples, rate = np.abs(audio.samples.astype(np.float64)), audio.sample_rate
    keep, hangover = np.exp(-1 / (0.03 * rate)), round(0.2 * rate)
    thresholds = samples.max() * 2.0 ** np.arange(-15, 1)
    active, since, once, twice = np.zeros(16), np.full(16, hangover), 0.0, 0.0
    for sample in samples:
        once = keep * once + (1 - keep) * sample
        twice = keep * twice + (1 - keep) * once
        since = np.where(twice >= thresholds, 0, since + 1)
        active += since <= hangover
    reached = active > 0
    level, threshold = 10 * np.log10((samples**2).sum() / active[reached]), 20 * np.log10(thresholds[reached])
    assert (threshold - level)[0] < -15.9 < (threshold - level)[-1]
    return float(np.interp(-15.9, threshold - level, level))


@pytest.mark.parametrize("pause", [0.0, 0.5, 1.5])
def test_the_active_level_is_that_of_the_standard(pause: float) -> None:
    voice = speech_like(1.0).resample(8000)
    paused = Audio(np.concatenate([voice.samples, np.zeros(round(pause * 8000), np.float32), 0.3 * voice.samples]), 8000)
    assert db(active_level(paused)) == pytest.approx(sample_by_sample(paused), abs=1e-3)


@given(st.floats(-60, 20))
@settings(max_examples=25)
def test_gain_moves_the_active_level_by_just_that(gain_db: float) -> None:
    sound = speech_like()
    louder = degradations.gain(sound, gain_db)
    assert db(active_level(louder) / active_level(sound)) == pytest.approx(gain_db, abs=1e-3)
    assert np.allclose(louder.samples, sound.samples * 10 ** (gain_db / 20), rtol=1e-5)


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 10.0, 20.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_noise_lies_as_far_below_the_active_level_as_asked(snr_db: float, channels: int) -> None:
    clean = stereo(speech_like()) if channels == 2 else speech_like()
    added = degradations.noise(clean, snr_db, chance()).samples - clean.samples
    assert db(active_level(clean) / rms(added)) == pytest.approx(snr_db, abs=0.01)
    if channels == 2:
        assert abs(np.corrcoef(added)[0, 1]) < 0.1


def test_noise_is_pink() -> None:
    """Power falls by 10 dB a decade."""
    clean = tone(20.0)
    added = degradations.noise(clean, 0.0, chance()).samples - clean.samples
    hertz, power = welch(added, RATE, nperseg=4096)
    heard = (hertz > 50) & (hertz < 7000)
    slope = np.polyfit(np.log10(hertz[heard]), 10 * np.log10(power[heard]), 1)[0]
    assert slope == pytest.approx(-10, abs=0.5)


def test_babble_is_made_of_its_talkers_at_equal_levels() -> None:
    """Six tones of very different loudness: in the babble each has the same power, and there is nothing else."""
    clean = speech_like(2.0)
    talkers = [tone(2.0, hertz, peak=0.02 * place) for place, hertz in enumerate((500, 700, 900, 1100, 1300, 1500), 1)]
    added = degradations.babble(clean, 6.0, chance(), talkers).samples - clean.samples
    assert db(active_level(clean) / rms(added)) == pytest.approx(6.0, abs=0.01)
    power = np.abs(np.fft.rfft(added)) ** 2
    lines = power[[round(hertz * 2.0) for hertz in (500, 700, 900, 1100, 1300, 1500)]]
    assert lines.max() / lines.min() < 1.1
    assert lines.sum() / power.sum() > 0.95


def test_a_silent_talker_adds_nothing() -> None:
    clean, quiet = speech_like(), Audio(np.zeros(RATE, np.float32), RATE)
    assert np.array_equal(degradations.babble(clean, 6.0, chance(), [quiet]).samples, clean.samples)


def decay_time(response: np.ndarray, rate: int) -> float:
    """RT60 from the backward integrated energy between -5 and -35 dB (Schroeder 1965; T30 of ISO 3382)."""
    energy = np.cumsum(response[::-1] ** 2)[::-1]
    level = 10 * np.log10(energy / energy[0])
    part = (level < -5) & (level > -35)
    slope = np.polyfit(np.flatnonzero(part) / rate, level[part], 1)[0]
    return float(-60 / slope)


@pytest.mark.parametrize("rt60", [0.2, 0.6, 1.5])
@pytest.mark.parametrize("rate", [8000, 44100])
def test_the_room_decays_in_the_time_asked(rt60: float, rate: int) -> None:
    response = room(rt60, rate, chance())
    assert decay_time(response, rate) == pytest.approx(rt60, rel=0.1)
    assert response[0] == 1.0 and (response[1:] ** 2).sum() == pytest.approx(1.0)


def test_reverb_keeps_the_direct_sound_where_it_was() -> None:
    click = np.zeros(RATE, np.float32)
    click[4000] = 0.5
    heard = degradations.reverb(Audio(click, RATE), 0.5, chance()).samples
    assert np.abs(heard[:4000]).max() < 1e-6
    assert heard[4000] == pytest.approx(0.5, abs=1e-5) and np.abs(heard).argmax() == 4000
    assert decay_time(heard[4000:].astype(np.float64), RATE) == pytest.approx(0.5, rel=0.1)


def test_clipping_cuts_what_is_too_loud_and_leaves_the_rest() -> None:
    clean = speech_like()
    cut = degradations.clip(clean, 12.0).samples
    limit = np.abs(clean.samples).max() * 10 ** (-12 / 20)
    quiet = np.abs(clean.samples) <= limit
    assert np.abs(cut).max() == pytest.approx(limit, rel=1e-6)
    assert np.array_equal(cut[quiet], clean.samples[quiet]) and 0 < quiet.mean() < 1


@pytest.mark.parametrize("percent", [1.0, 10.0, 50.0])
def test_packets_are_lost_as_often_as_asked_in_bursts_of_two(percent: float) -> None:
    gone = lost(200_000, percent / 100, chance())
    assert gone.mean() == pytest.approx(percent / 100, rel=0.05)
    bursts = np.flatnonzero(np.diff(np.concatenate([[0], gone.astype(int), [0]])))
    assert np.mean(bursts[1::2] - bursts[::2]) == pytest.approx(2.0, rel=0.05)


def test_a_lost_packet_is_silent_in_all_channels_and_the_others_are_untouched() -> None:
    clean = stereo(tone(4.01, 437.0))
    heard = degradations.loss(clean, 20.0, chance()).samples
    blocks = [slice(start, start + 320) for start in range(0, clean.frames, 320)]
    gone = [not heard[:, block].any() for block in blocks]
    assert 0 < sum(gone) < len(gone)
    assert all(
        np.array_equal(heard[:, block], clean.samples[:, block])
        for block, missing in zip(blocks, gone, strict=True)
        if not missing
    )


@pytest.mark.parametrize("factor", [0.8, 1.1, 2.0])
def test_speed_moves_pitch_and_length_together(factor: float) -> None:
    heard = speed(tone(2.0, 500.0), factor)
    assert (heard.sample_rate, heard.frames) == (RATE, round(2.0 * RATE / factor))
    spectrum = np.abs(np.fft.rfft(heard.samples * np.hanning(heard.frames)))
    assert spectrum.argmax() * RATE / heard.frames == pytest.approx(500 * factor, abs=1.0)


@given(st.integers(1, 50), st.integers(1, 50), st.sampled_from([1, 2]))
def test_fitting_cuts_or_fills_the_end(frames: int, wanted: int, channels: int) -> None:
    samples = np.arange(1, frames * channels + 1, dtype=np.float32).reshape((channels, frames) if channels > 1 else (frames,))
    found = fitted(Audio(samples, RATE), wanted)
    kept = min(frames, wanted)
    assert found.frames == wanted and found.samples.ndim == samples.ndim
    assert np.array_equal(found.samples[..., :kept], samples[..., :kept]) and not found.samples[..., kept:].any()

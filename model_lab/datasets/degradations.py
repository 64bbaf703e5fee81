"""What happens to sound between a voice and a microphone: noise, babble, rooms, clipping, gain, lost packets.

Every function is pure: `Audio` in, `Audio` of the same frames, channels and sample rate out. Nothing is clipped
to full scale; a model that turns its input into 16-bit integers will clip it, as it would any loud sound. Digital silence has no
level to be relative to, and stays silent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.datasets.recipes._levels import pink
from model_lab.types import Audio

Signal = npt.NDArray[np.float64]

_ENVELOPE_S = 0.03
_HANGOVER_S = 0.2
_MARGIN_DB = 15.9
_THRESHOLDS = 15

PACKET_S = 0.02
"""Seconds of sound in a packet."""

BURST = 2.0
"""Packets lost in a row, on average."""


def active_level(audio: Audio) -> float:
    """RMS of ``audio`` while it is active, pauses left out; 0 for digital silence.

    The algorithm of ITU-T P.56, method B: an envelope of two averages of 30 ms each, a hangover of 0.2 s, and the threshold that
    lies 15.9 dB below the level of what exceeds it. Its thresholds are counted from the peak and not from the overload point, so
    that gain moves the level by exactly that gain. Channels are taken together (mean power). Sound without pauses has its plain RMS.
    """
    from scipy.signal import lfilter

    power = np.atleast_2d(audio.samples).astype(np.float64)
    power = (power**2).mean(axis=0)
    peak = float(power.max(initial=0.0))
    if peak == 0.0:
        return 0.0
    power /= peak
    keep = float(np.exp(-1.0 / (_ENVELOPE_S * audio.sample_rate)))
    once = lfilter([1.0 - keep], [1.0, -keep], np.sqrt(power))
    envelope = lfilter([1.0 - keep], [1.0, -keep], once)
    energy, hangover = float(power.sum()), round(_HANGOVER_S * audio.sample_rate)
    thresholds_db = -20.0 * np.log10(2.0) * np.arange(_THRESHOLDS, -1, -1)
    counts = [_active(envelope >= 10 ** (threshold / 20), hangover) for threshold in thresholds_db]
    reached = [
        (10 * np.log10(energy / count), threshold) for count, threshold in zip(counts, thresholds_db, strict=True) if count
    ]
    level_db = _where_the_margin_is(reached) if reached else 10 * np.log10(energy / len(power))
    return float(np.sqrt(peak) * 10 ** (level_db / 20))


def _active(above: npt.NDArray[np.bool_], hangover: int) -> int:
    """How many samples are active: above, or at most ``hangover`` samples after one that was."""
    places = np.arange(len(above))
    last = np.maximum.accumulate(np.where(above, places, -hangover - 1))
    return int(np.count_nonzero(places - last <= hangover))


def _where_the_margin_is(reached: Sequence[tuple[float, float]]) -> float:
    """The level (dB) of the threshold that lies `_MARGIN_DB` below it, between the two (level, threshold) around it."""
    above = [level - threshold for level, threshold in reached]
    for number in range(1, len(reached)):
        if above[number] <= _MARGIN_DB < above[number - 1]:
            share = (above[number - 1] - _MARGIN_DB) / (above[number - 1] - above[number])
            return reached[number - 1][0] + share * (reached[number][0] - reached[number - 1][0])
    return reached[0][0] if above[0] <= _MARGIN_DB else reached[-1][0]


def noise(audio: Audio, snr_db: float, rng: np.random.Generator) -> Audio:
    """Pink noise (power falling as 1/f, as in rooms and streets) ``snr_db`` dB below the active level, each channel its own."""
    channels = [pink(rng, audio.frames, audio.sample_rate) for _ in range(_channels(audio))]
    return _mixed(audio, np.asarray(channels, np.float64), snr_db)


def babble(audio: Audio, snr_db: float, rng: np.random.Generator, talkers: Sequence[Audio]) -> Audio:
    """All ``talkers`` at once, each at the same active level and from anywhere in its sound, repeated where it is too short.

    Together they lie ``snr_db`` dB below the active level of ``audio``, the same in every channel. A silent one adds nothing.
    """
    together = np.zeros(audio.frames)
    for talker in talkers:
        voice = talker.mono().resample(audio.sample_rate)
        speech = np.resize(np.roll(voice.samples.astype(np.float64), -int(rng.integers(voice.frames))), audio.frames)
        together += speech / (active_level(voice) or 1.0)
    return _mixed(audio, np.tile(together, (_channels(audio), 1)), snr_db)


def reverb(audio: Audio, rt60_s: float, rng: np.random.Generator) -> Audio:
    """A synthetic room: a response of white noise that decays by 60 dB in ``rt60_s`` seconds, each channel its own.

    Polack's model of late reverberation (1988), behind a direct sound at time 0 that keeps its level, so that times stay what they
    are. Direct and reverberant energy are equal, as at the critical distance of a room. The tail behind the last frame is cut off.
    """
    from scipy.signal import fftconvolve

    clean = np.atleast_2d(audio.samples).astype(np.float64)
    wet = [fftconvolve(channel, room(rt60_s, audio.sample_rate, rng))[: audio.frames] for channel in clean]
    return _like(audio, np.asarray(wet))


def room(rt60_s: float, sample_rate: int, rng: np.random.Generator) -> Signal:
    """The impulse response of `reverb`: 1 at time 0, then a tail of energy 1."""
    times = np.arange(1, max(2, round(rt60_s * sample_rate))) / sample_rate
    tail = rng.standard_normal(times.size) * 10 ** (-3.0 * times / rt60_s)
    return np.concatenate([[1.0], tail / np.sqrt((tail**2).sum())])


def clip(audio: Audio, depth_db: float) -> Audio:
    """Cut off hard what exceeds the level ``depth_db`` dB below the peak, as an overdriven input does."""
    limit = np.abs(audio.samples).max(initial=0.0) * 10 ** (-depth_db / 20)
    return _like(audio, np.clip(audio.samples.astype(np.float64), -limit, limit))


def gain(audio: Audio, gain_db: float) -> Audio:
    """Louder (above 0 dB) or quieter; in floating point, so that nothing is lost."""
    return _like(audio, audio.samples.astype(np.float64) * 10 ** (gain_db / 20))


def loss(audio: Audio, percent: float, rng: np.random.Generator) -> Audio:
    """Packets of 20 ms go missing and are silent, in all channels at once.

    A two-state Markov chain (Gilbert 1960): ``percent`` per cent are lost in the long run, in bursts of 2 on average.
    """
    size = max(1, round(PACKET_S * audio.sample_rate))
    gone = lost(-(-audio.frames // size), percent / 100, rng)
    return _like(audio, np.where(np.repeat(gone, size)[: audio.frames], 0.0, audio.samples))


def lost(packets: int, share: float, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which packets are lost, a fraction ``share`` of them in the long run."""
    recovers = 1.0 / BURST
    fails = recovers * share / (1.0 - share)
    gone = np.zeros(packets, bool)
    now = rng.random() < share
    for number, chance in enumerate(rng.random(packets)):
        gone[number] = now
        now = chance >= recovers if now else chance < fails
    return gone


def _channels(audio: Audio) -> int:
    return len(np.atleast_2d(audio.samples))


def _mixed(audio: Audio, added: Signal, snr_db: float) -> Audio:
    """``added``, shape ``(channels, frames)``, scaled to ``snr_db`` below the active level of ``audio`` and put under it."""
    power = float((added**2).mean())
    scale = active_level(audio) * 10 ** (-snr_db / 20) / np.sqrt(power) if power else 0.0
    return _like(audio, np.atleast_2d(audio.samples) + scale * added)


def _like(audio: Audio, samples: npt.NDArray[Any]) -> Audio:
    return Audio(np.ascontiguousarray(samples, np.float32).reshape(audio.samples.shape), audio.sample_rate)

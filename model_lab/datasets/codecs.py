"""Sound through a codec and back: telephone (G.711), GSM, Opus, MP3.

Every function is pure: `Audio` in, `Audio` of the same frames, channels and sample rate out, and not delayed: what a codec puts
before the sound is taken off again. Every channel is coded by itself. PyAV (FFmpeg) does Opus and MP3; libsndfile does G.711 and GSM,
for which the FFmpeg in PyAV has no encoder.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from model_lab.audio.speed import fitted
from model_lab.errors import NotRunnable
from model_lab.types import Audio, FloatArray

NARROW = 8000
"""Sample rate of telephone networks, Hz."""

BAND_HZ = (300.0, 3400.0)
"""What a telephone channel lets pass (ITU-T G.712)."""

MP3_KBPS = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 320)
"""The bit rates of MPEG-1, 2 and 2.5 layer III (ISO/IEC 11172-3, 13818-3), kbit/s; not each with every sample rate."""

_MP3_RATES = {
    (8000, 11025, 12000): MP3_KBPS[:8],
    (16000, 22050, 24000): MP3_KBPS[:14],
    (32000, 44100, 48000): tuple(rate for rate in MP3_KBPS if rate >= 32 and rate != 144),
}
_OPUS_RATE = 48000
_TAPS = 401

Coder = Callable[[FloatArray], FloatArray]


def telephone(audio: Audio) -> Audio:
    """An ordinary telephone line: 300-3400 Hz (ITU-T G.712), 8 kHz, 8-bit mu-law (ITU-T G.711). Louder than full scale clips."""
    from scipy.signal import fftconvolve

    def line(samples: FloatArray) -> FloatArray:
        return _through_sndfile(fftconvolve(samples, _band(), mode="same").astype(np.float32), "ULAW")

    return _each_channel(audio, NARROW, line)


def gsm(audio: Audio) -> Audio:
    """A mobile telephone of the second generation: GSM full rate (GSM 06.10), 13 kbit/s at 8 kHz. Louder than full scale clips."""
    return _each_channel(audio, NARROW, lambda samples: _through_sndfile(samples, "GSM610"))


def opus(audio: Audio, kbps: float) -> Audio:
    """Opus (RFC 6716) at ``kbps`` kbit/s a channel, variable bit rate; below some 10 kbit/s it comes 0.1 ms late.

    Raises `NotRunnable` if FFmpeg here has no encoder.
    """
    return _each_channel(audio, _OPUS_RATE, lambda samples: _through_ffmpeg(samples, _OPUS_RATE, "libopus", "ogg", kbps))


def mp3(audio: Audio, kbps: float) -> Audio:
    """MP3 (by LAME) at ``kbps`` kbit/s a channel, at the sample rate nearest to the sound's own that has this bit rate.

    Raises `NotRunnable` if FFmpeg here has no encoder.
    """
    candidates = [rate for rates, rates_kbps in _MP3_RATES.items() if kbps in rates_kbps for rate in rates]
    rate = min(candidates, key=lambda rate: abs(rate - audio.sample_rate))
    return _each_channel(audio, rate, lambda samples: _through_ffmpeg(samples, rate, "libmp3lame", "mp3", kbps))


def _each_channel(audio: Audio, rate: int, coder: Coder) -> Audio:
    """``coder`` on every channel at ``rate`` Hz, and back at the sound's own rate and length."""
    narrow = Audio(np.atleast_2d(audio.samples), audio.sample_rate).resample(rate)
    coded = np.asarray([fitted(Audio(coder(channel), rate), narrow.frames).samples for channel in narrow.samples], np.float32)
    back = fitted(Audio(coded, rate).resample(audio.sample_rate), audio.frames)
    return Audio(back.samples.reshape(audio.samples.shape), audio.sample_rate)


@cache
def _band() -> Any:
    """A linear-phase filter of 50 ms, whose delay a centred convolution takes off."""
    from scipy.signal import firwin

    return firwin(_TAPS, BAND_HZ, pass_zero=False, window=("kaiser", 6.0), fs=NARROW)


def _through_sndfile(samples: FloatArray, subtype: str) -> FloatArray:
    import soundfile

    coded = io.BytesIO()
    kind: dict[str, Any] = {"samplerate": NARROW, "format": "RAW", "subtype": subtype}
    soundfile.write(coded, np.clip(samples, -1.0, 1.0), **kind)
    coded.seek(0)
    decoded: FloatArray = soundfile.read(coded, dtype="float32", channels=1, **kind)[0]
    return decoded


def _through_ffmpeg(samples: FloatArray, rate: int, codec: str, container: str, kbps: float) -> FloatArray:
    """Coded into a file in memory: its header has the delay that the decoder removes."""
    import av
    from av.audio.resampler import AudioResampler

    if codec not in av.codec.codecs_available:
        raise NotRunnable(f"the FFmpeg in PyAV {av.__version__} has no {codec}; run: pip install --force-reinstall av")
    coded = io.BytesIO()
    with av.open(coded, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = round(1000 * kbps)
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
        blocks = AudioResampler(format=stream.format, layout="mono", rate=rate, frame_size=stream.frame_size)
        for block in [*blocks.resample(frame), *blocks.resample(None)]:
            out.mux(stream.encode(block))
        out.mux(stream.encode(None))
    coded.seek(0)
    with av.open(coded, "r") as back:
        to_float = AudioResampler(format="fltp", layout="mono", rate=rate)
        decoded = [block.to_ndarray()[0] for part in back.decode(audio=0) for block in to_float.resample(part)]
        decoded += [block.to_ndarray()[0] for block in to_float.resample(None)]
    return np.concatenate(decoded)

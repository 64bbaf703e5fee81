"""Files of sound, as programs write them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

RATE = 16000


def tone(seconds: float = 1.0, rate: int = RATE, channels: int = 1, hertz: float = 440.0) -> np.ndarray:
    """``(channels, frames)``"""
    samples = (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)
    return np.repeat(samples[None], channels, axis=0)


def sndfile(samples: np.ndarray, rate: int = RATE, kind: str = "WAV", subtype: str | None = None) -> bytearray:
    """A file as libsndfile writes it."""
    data = io.BytesIO()
    soundfile.write(data, samples.T, rate, format=kind, subtype=subtype)
    return bytearray(data.getvalue())


def ffmpeg(
    path: Path,
    codec: str,
    tracks: Sequence[np.ndarray],
    rate: int = RATE,
    late_s: float = 0.0,
    gap: tuple[float, float] = (0.0, 0.0),
    picture: bool = False,
    default: int | None = None,
    **options: str,
) -> Path:
    """A file as FFmpeg writes it; its sound is ``late_s`` late, and from ``gap[0]`` s on ``gap[1]`` s later still."""
    with av.open(str(path), "w", options=options) as media:
        streams: list[Any] = [media.add_stream(codec, rate=rate, layout=_layout(each)) for each in tracks]
        for number, stream in enumerate(streams):
            if codec == "wmav2":  # which has no rate of its own
                stream.bit_rate = 128000
            stream.metadata["language"] = ("deu", "eng")[number]
            if default is not None:
                stream.disposition = av.stream.Disposition.default if number == default else av.stream.Disposition(0)
        if picture:
            video: Any = media.add_stream("mpeg4", rate=10)
            video.width = video.height = 32
            video.pix_fmt = "yuv420p"
            for number in range(10):
                image = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
                image.pts = number
                media.mux(video.encode(image))
            media.mux(video.encode(None))
        for stream, samples in zip(streams, tracks, strict=True):
            layout = _layout(samples)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate, 0
            fitted = av.AudioResampler(stream.format.name, layout, rate, frame_size=stream.frame_size or 1024)
            for part in [*fitted.resample(frame), *fitted.resample(None)]:
                later = late_s + (gap[1] if gap[1] and part.pts > gap[0] * rate else 0.0)
                part.pts += round(later * rate)
                media.mux(stream.encode(part))
            media.mux(stream.encode(None))
    return path


def _layout(samples: np.ndarray) -> str:
    return {1: "mono", 2: "stereo", 6: "5.1"}[len(samples)]

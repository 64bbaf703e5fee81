"""Recordings of every kind become the working copy; what is no recording, or half of one, is refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from model_lab.errors import BadAudio
from model_lab.pipelines.decode import RATE, decode, digest

SECONDS = 12.0
BLACK = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
Encode = Callable[..., Path]


def _voice(rate: int) -> np.ndarray:
    """Chirps, so that a shift or a wrong rate would show."""
    time = np.arange(round(SECONDS * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * (300 + 60 * time) * time)).astype(np.float32)


@pytest.fixture
def encode(tmp_path: Path) -> Encode:
    """Writes the voice, on both channels of a stereo file, in a container and a codec."""

    def write(name: str, codec: str, rate: int = 48000, picture: bool = False, **options: str) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", options=options) as media:
            stream = media.add_stream(codec, rate=rate, layout="stereo")
            if picture:
                video = media.add_stream("mpeg4", rate=10)
                video.width = video.height = 32
                video.pix_fmt = "yuv420p"
            fitted = av.AudioResampler(format=stream.format.name, layout="stereo", rate=rate)
            samples = np.stack([_voice(rate)] * 2)
            for first in range(0, samples.shape[1], 1024):
                block = np.ascontiguousarray(samples[:, first : first + 1024])
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
                frame.sample_rate, frame.pts = rate, first
                for part in fitted.resample(frame):
                    media.mux(stream.encode(part))
            media.mux(stream.encode(None))
            if picture:
                media.mux([*video.encode(BLACK), *video.encode(None)])
        return path

    return write


def _decoded(path: Path, copy: Path):
    return decode(path, digest(path), copy, lambda done, total: None)


@pytest.mark.parametrize(
    ("name", "codec", "rate", "picture"),
    [
        ("a.m4a", "aac", 48000, False),
        ("a.mp4", "aac", 44100, True),
        ("a.webm", "libopus", 48000, False),
        ("a.mp3", "libmp3lame", 44100, False),
        ("a.mkv", "flac", 48000, False),
        ("telephone.wav", "pcm_s16le", 8000, False),
    ],
)
def test_any_recording_becomes_16_khz_mono(
    encode: Encode, tmp_path: Path, name: str, codec: str, rate: int, picture: bool
) -> None:
    path = encode(name, codec, rate, picture)
    source = _decoded(path, tmp_path / "copy.wav")
    assert (source.file, source.sample_rate, source.channels) == (name, rate, 2)
    samples, found_rate = soundfile.read(tmp_path / "copy.wav", dtype="float32")
    assert (samples.ndim, found_rate) == (1, RATE)
    assert source.duration == len(samples) / RATE == pytest.approx(SECONDS, abs=0.06)
    expected = _voice(RATE)[: len(samples)]
    assert np.corrcoef(samples[: len(expected)], expected)[0, 1] > 0.95


def test_progress_is_seconds(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.zeros(RATE * 45, np.float32), RATE)
    told: list[tuple[float, float]] = []
    decode(tmp_path / "long.wav", "", tmp_path / "copy.wav", lambda done, total: told.append((done, total)))
    assert len(told) == 4 and told == sorted(told) and told[-1][0] == 45.0
    assert {total for _, total in told} == {45.0}


@pytest.mark.parametrize(
    ("name", "codec", "said"),
    [
        ("a.m4a", "aac", "is not audio that can be decoded .* or is truncated"),
        ("a.mkv", "flac", "is truncated: its header states 12.0 s, but only .* s could be decoded"),
        ("a.mp3", "libmp3lame", "is truncated: its header states 12.0 s"),
        ("a.wav", "pcm_s16le", "is truncated: its header states .* bytes of audio"),
    ],
)
def test_half_a_recording_is_refused(encode: Encode, tmp_path: Path, name: str, codec: str, said: str) -> None:
    path = encode(name, codec)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadAudio, match=said):
        _decoded(path, tmp_path / "copy.wav")
    assert not list(tmp_path.glob("copy.wav*"))


def test_a_recording_damaged_in_the_middle_is_refused(encode: Encode, tmp_path: Path) -> None:
    path = encode("a.m4a", "aac", movflags="faststart")
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 3000] = np.random.default_rng(0).bytes(3000)
    path.write_bytes(whole)
    with pytest.raises(BadAudio, match="is damaged or truncated"):
        _decoded(path, tmp_path / "copy.wav")


def test_what_is_no_recording_is_refused(encode: Encode, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("hello\n" * 100)
    (tmp_path / "empty.wav").touch()
    soundfile.write(tmp_path / "nothing.wav", np.zeros(0, np.float32), RATE)
    nan = _voice(RATE)
    nan[RATE * 3] = np.nan
    soundfile.write(tmp_path / "nan.wav", nan, RATE, subtype="FLOAT")
    unknown = bytearray(encode("unknown.wav", "pcm_s16le").read_bytes())
    tag = unknown.index(b"fmt ") + 8
    unknown[tag : tag + 2] = b"\x34\x12"
    (tmp_path / "unknown.wav").write_bytes(unknown)
    with av.open(str(tmp_path / "silent.mp4"), "w") as media:
        video = media.add_stream("mpeg4", rate=10)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        media.mux([*video.encode(BLACK), *video.encode(None)])
    for name, said in {
        "no.wav": "does not exist",
        ".": "is not a file",
        "empty.wav": "is empty",
        "text.wav": "is not audio that can be decoded",
        "nothing.wav": "holds 0 samples",
        "nan.wav": r"NaN or infinite, the first at 3\.00 s",
        "unknown.wav": "uses a codec that this build of FFmpeg does not support",
        "silent.mp4": "has no audio",
    }.items():
        with pytest.raises(BadAudio, match=said):
            _decoded(tmp_path / name, tmp_path / "copy.wav")
    assert not list(tmp_path.glob("copy.wav*"))


def test_channels_that_cancel_out_are_not_averaged_into_silence(tmp_path: Path) -> None:
    voice = _voice(RATE)
    soundfile.write(tmp_path / "a.wav", np.stack([voice, -0.9 * voice], axis=1), RATE, subtype="FLOAT")
    source = _decoded(tmp_path / "a.wav", tmp_path / "copy.wav")
    assert np.array_equal(soundfile.read(tmp_path / "copy.wav", dtype="float32")[0], voice)
    assert [note for note in source.notes if "cancel out" in note and "the loudest one, 1" in note]
    assert source.key not in ("", source.sha256)


def test_a_sound_like_any_other_is_named_by_its_digest(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", _voice(RATE), RATE)
    source = _decoded(tmp_path / "a.wav", tmp_path / "copy.wav")
    assert (source.key, source.notes) == (source.sha256, ())


def test_what_follows_in_a_higher_rate_keeps_all_that_models_hear(tmp_path: Path) -> None:
    """A telephone greeting before a talk must not make the talk narrow."""
    low, high = (0.3 * np.sin(2 * np.pi * hertz * np.arange(rate) / rate) for hertz, rate in ((440, 8000), (6000, 44100)))
    soundfile.write(tmp_path / "low.ogg", low, 8000)
    soundfile.write(tmp_path / "high.ogg", high, 44100)
    (tmp_path / "a.ogg").write_bytes((tmp_path / "low.ogg").read_bytes() + (tmp_path / "high.ogg").read_bytes())
    _decoded(tmp_path / "a.ogg", tmp_path / "copy.wav")
    samples = soundfile.read(tmp_path / "copy.wav")[0]
    for part, hertz in ((samples[2000:14000], 440), (samples[18000:30000], 6000)):
        assert np.argmax(np.abs(np.fft.rfft(part))) * RATE / len(part) == pytest.approx(hertz, abs=5)

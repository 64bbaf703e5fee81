"""Every kind of sound file people have, and everything that only looks like one."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from model_lab import audio
from model_lab.errors import BadAudio
from model_lab.types import Audio

RATE = 16000
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)


def encoded(
    path: Path, codec: str, rate: int = RATE, container: str | None = None, video: bool = False, layout: str = "mono"
) -> Path:
    """A second of a 440 Hz tone written by FFmpeg, with a picture if ``video``."""
    with av.open(str(path), "w", format=container) as media:
        stream = media.add_stream(codec, rate=rate, layout=layout)
        stream.bit_rate = 64000
        picture = media.add_stream("mpeg4", rate=10) if video else None
        if picture is not None:
            picture.width = picture.height = 64
            picture.pix_fmt = "yuv420p"
            for number in range(10):
                frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 20 * number, np.uint8), format="rgb24")
                frame.pts = number
                media.mux(picture.encode(frame))
            media.mux(picture.encode(None))
        tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate) * 32767).astype(np.int16)
        channels = 1 if layout == "mono" else 2
        frame = av.AudioFrame.from_ndarray(np.repeat(tone, channels)[None], format="s16", layout=layout)
        frame.sample_rate = rate
        frame.pts = 0
        for part in av.AudioResampler(
            format=stream.format, layout=layout, rate=rate, frame_size=stream.codec_context.frame_size or None
        ).resample(frame):
            media.mux(stream.encode(part))
        media.mux(stream.encode(None))
    return path


def pitch(sound: Audio) -> float:
    samples = sound.mono().samples
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * sound.sample_rate / len(samples))


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
def test_files_as_libsndfile_writes_them(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "tone"
    soundfile.write(path, TONE, RATE, format=kind)
    sound = audio.read(path)
    assert sound.sample_rate == RATE
    assert sound.samples.ndim == 1
    assert sound.samples.dtype == np.float32
    assert pitch(sound) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    ("name", "codec", "video"),
    [
        ("a.m4a", "aac", False),
        ("a.opus", "libopus", False),
        ("a.webm", "libopus", False),
        ("a.wma", "wmav2", False),
        ("a.mp4", "aac", True),
    ],
)
def test_files_as_ffmpeg_writes_them(tmp_path: Path, name: str, codec: str, video: bool) -> None:
    sound = audio.read(encoded(tmp_path / name, codec, 48000, video=video))
    assert sound.sample_rate == 48000
    assert sound.duration == pytest.approx(1.0, abs=0.1)
    assert pitch(sound) == pytest.approx(440, abs=5)


def test_raw_g722_is_known_by_its_name(tmp_path: Path) -> None:
    sound = audio.read(encoded(tmp_path / "a.g722", "g722", container="g722"))
    assert sound.sample_rate == 16000
    assert pitch(sound) == pytest.approx(440, abs=5)


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", TONE, RATE)
    (tmp_path / "a.flac").rename(tmp_path / "a.wav")
    encoded(tmp_path / "b.m4a", "aac").rename(tmp_path / "b.mp3")
    assert audio.read(tmp_path / "a.wav").frames == RATE
    assert pitch(audio.read(tmp_path / "b.mp3")) == pytest.approx(440, abs=5)


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 96000, 192000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_rates_and_channels(tmp_path: Path, rate: int, channels: int) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, (channels, rate // 10)).astype(np.float32)
    audio.write(tmp_path / "a.wav", Audio(samples if channels > 1 else samples[0], rate))
    sound = audio.read(tmp_path / "a.wav")
    assert (sound.sample_rate, sound.samples.shape) == (rate, samples.shape if channels > 1 else (rate // 10,))
    assert np.array_equal(sound.samples.reshape(channels, -1), samples)
    assert sound.mono().resample(16000).frames == pytest.approx(1600, abs=1)


@settings(max_examples=25)
@given(st.lists(st.floats(-4, 4, width=32), min_size=1, max_size=50), st.sampled_from([8000, 44100]))
def test_writing_is_exact_beyond_full_scale_too(
    tmp_path_factory: pytest.TempPathFactory, samples: list[float], rate: int
) -> None:
    path = tmp_path_factory.mktemp("exact") / "a.wav"
    audio.write(path, Audio(np.array(samples, np.float32), rate))
    assert audio.read(path).samples.tolist() == np.array(samples, np.float32).tolist()
    assert [file.name for file in path.parent.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(
    "samples", [TONE[:160], TONE[:1], np.zeros(RATE, np.float32), np.full(RATE, 0.7, np.float32), np.sign(TONE)]
)
def test_odd_sound_is_still_sound(tmp_path: Path, samples: np.ndarray) -> None:
    audio.write(tmp_path / "a.wav", Audio(samples, RATE))
    assert audio.read(tmp_path / "a.wav").frames == len(samples)


def refused(path: Path) -> str:
    with pytest.raises(BadAudio) as caught:
        audio.read(path)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def test_what_is_missing_or_no_file(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "no.wav")
    assert "is not a file" in refused(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    audio.write(tmp_path / "a.wav", Audio(TONE, RATE))
    (tmp_path / "a.wav").chmod(0)
    assert "cannot be read" in refused(tmp_path / "a.wav")


def test_what_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    assert "is empty (0 bytes)" in refused(tmp_path / "a.wav")
    soundfile.write(tmp_path / "b.wav", np.zeros(0), RATE)
    assert "holds 0 samples" in refused(tmp_path / "b.wav")


@pytest.mark.parametrize(
    "content",
    [b"hello, I am a text file. " * 50, b"\x00" * 1000, b"\x89PNG\r\n\x1a\n" + b"\x00" * 500, b"RIFF", os.urandom(2000)],
)
def test_what_is_no_sound(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    refused(tmp_path / "a.wav")


def test_a_picture_without_sound(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as media:
        picture = media.add_stream("mpeg4", rate=10)
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        media.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        media.mux(picture.encode(None))
    assert "has no audio" in refused(tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.m4a"])
def test_what_is_truncated(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    encoded(path, "aac") if name.endswith("m4a") else soundfile.write(path, np.tile(TONE, 5), RATE)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "truncated" in (text := refused(path)) or "cannot be decoded" in text or "not audio that can be decoded" in text


def test_a_header_of_unknown_length_is_no_truncation(tmp_path: Path) -> None:
    """Programs that write to a pipe cannot know the length."""
    soundfile.write(tmp_path / "a.wav", TONE, RATE)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "a.wav").write_bytes(content)
    assert audio.read(tmp_path / "a.wav").frames == RATE


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite(tmp_path: Path, value: float) -> None:
    samples = TONE.copy()
    samples[:3] = value
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    assert "contains samples that are NaN or infinite, the first at 0.00 s" in refused(tmp_path / "a.wav")


def test_hours_are_refused_from_the_header_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio.write(tmp_path / "a.wav", Audio(TONE, RATE))
    encoded(tmp_path / "a.m4a", "aac")
    monkeypatch.setattr(audio, "MAX_SECONDS", 0.5)
    monkeypatch.setattr(audio.Decoder, "blocks", lambda *words, **named: pytest.fail("read the samples"))
    assert "cut it into parts" in refused(tmp_path / "a.wav")
    assert "cut it into parts" in refused(tmp_path / "a.m4a")
    monkeypatch.setattr(audio, "MAX_SECONDS", 10)
    monkeypatch.setattr(audio, "MAX_BYTES", 1000)
    assert "GiB decoded" in refused(tmp_path / "a.wav")


def test_a_header_that_does_not_tell_is_no_way_around_the_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded(tmp_path / "a.aac", "aac", container="adts")
    monkeypatch.setattr(audio, "MAX_SECONDS", 0.5)
    assert "cut it into parts" in refused(tmp_path / "a.aac")
    monkeypatch.setattr(audio, "MAX_SECONDS", 10)
    monkeypatch.setattr(audio, "MAX_BYTES", 1000)
    assert "GiB decoded" in refused(tmp_path / "a.aac")


@pytest.mark.slow
def test_three_hours_are_read(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "a.wav", "w", 8000, 1, "PCM_16") as file:
        for _ in range(3 * 60):
            file.write(np.zeros(8000 * 60, np.int16))
    assert audio.read(tmp_path / "a.wav").duration == 3 * 3600

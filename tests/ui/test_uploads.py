"""What is sent as sound, by a stranger: every kind of file that is none, too long, too large, or called something evil."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from model_lab.errors import BadAudio, BadConfig
from model_lab.ui import uploads
from tests.ui.conftest import sound

MEGABYTES, MINUTES = 2, 0.1


def encoded(path: Path, codec: str, seconds: float, rate: int = 48000, layout: str = "mono", video: bool = False) -> Path:
    """A file as FFmpeg writes it."""
    import av

    with av.open(str(path), "w") as media:
        pictures: Any = media.add_stream("mpeg4", rate=5, options={}) if video else None
        stream: Any = media.add_stream(codec, rate=rate, layout=layout) if codec else None
        if video:
            pictures.width = pictures.height = 32
            for _ in range(5):
                media.mux(pictures.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
            media.mux(pictures.encode())
        if codec:
            size = stream.frame_size or 1024
            for _ in range(max(1, round(seconds * rate / size))):
                noise = 0.1 * np.random.default_rng(0).standard_normal((len(stream.layout.channels), size))
                frame = av.AudioFrame.from_ndarray(noise.astype(np.float32), "fltp", layout)
                frame.sample_rate = rate
                media.mux(stream.encode(frame))
            media.mux(stream.encode())
    return path


def said_to_last(path: Path, seconds: float) -> None:
    """Make a Matroska's header lie; its duration in ms is an 8-byte float under 0x4489."""
    data = path.read_bytes()
    place = data.index(b"\x44\x89\x88") + 3
    path.write_bytes(data[:place] + struct.pack(">d", 1000 * seconds) + data[place + 8 :])


def refused(path: Path) -> str:
    with pytest.raises(BadAudio) as error:
        uploads.decoded_seconds(path, MEGABYTES, MINUTES)
    said = str(error.value)
    assert path.name in said and str(path.parent) not in said and "\n" not in said
    return said


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("seconds", "settings"),
    [
        (0.5, {}),
        (0.5, {"rate": 8000}),
        (0.2, {"rate": 48000, "channels": 6}),
        (0.01, {}),
        (0.5, {"kind": "FLAC"}),
        (0.5, {"kind": "OGG", "subtype": "VORBIS"}),
        (0.5, {"kind": "MP3", "subtype": "MPEG_LAYER_III"}),
    ],
)
def test_sound_is_taken(tmp_path: Path, seconds: float, settings: dict[str, Any]) -> None:
    path = written(tmp_path / "x.bin", sound(seconds, **settings))
    assert uploads.decoded_seconds(path, MEGABYTES, MINUTES) == pytest.approx(seconds, abs=0.05)


def test_silence_is_taken(tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "x.wav", np.zeros(8000), 16000)
    assert uploads.decoded_seconds(tmp_path / "x.wav", MEGABYTES, MINUTES) == 0.5


@pytest.mark.parametrize(("name", "codec"), [("x.m4a", "aac"), ("x.webm", "libopus"), ("x.mkv", "libopus")])
def test_what_ffmpeg_reads_is_taken(tmp_path: Path, name: str, codec: str) -> None:
    assert uploads.decoded_seconds(encoded(tmp_path / name, codec, 1.0), MEGABYTES, MINUTES) == pytest.approx(1.0, abs=0.1)


def test_the_sound_of_a_video_is_taken(tmp_path: Path) -> None:
    assert uploads.decoded_seconds(encoded(tmp_path / "x.mp4", "aac", 1.0, video=True), MEGABYTES, MINUTES) == pytest.approx(
        1.0, abs=0.1
    )


def test_a_video_without_sound_is_told(tmp_path: Path) -> None:
    assert "has no audio" in refused(encoded(tmp_path / "x.mp4", "", 0, video=True))


def test_what_is_missing_or_empty_is_told(tmp_path: Path) -> None:
    assert "has not arrived" in refused(tmp_path / "x.wav")
    assert "is empty" in refused(written(tmp_path / "y.wav", b""))
    assert "has not arrived" in refused(tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        *(b"this is a text file\n" * 50, b"\x00" * 5000, b"RIFF", b"RIFF\xff\xff\xff\xffWAVE", b"\x7fELF" + bytes(900)),
        *(b"<html><script>alert(1)</script>", b"%PDF-1.7\n" * 30, b"PK\x03\x04" + bytes(300), b"\x1b[2J\x1b[31mtext\n" * 90),
        bytes(range(256)) * 40,
    ],
)  # fmt: skip
def test_what_is_no_sound_is_told(tmp_path: Path, data: bytes) -> None:
    refused(written(tmp_path / "x.wav", data))


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_told(tmp_path: Path, keep: float) -> None:
    whole = {"x.wav": sound(2.0), "x.m4a": encoded(tmp_path / "whole.m4a", "aac", 2.0).read_bytes()}
    for name, data in whole.items():
        assert any(word in refused(written(tmp_path / name, data[: int(keep * len(data))])) for word in ("truncated", "decoded"))


def test_a_sound_of_nan_is_told(tmp_path: Path) -> None:
    import soundfile

    samples = np.zeros(8000, np.float32)
    samples[[5, 9]] = np.nan, np.inf
    soundfile.write(tmp_path / "x.wav", samples, 16000, subtype="FLOAT")
    assert "samples that are NaN or infinite, the first at 0.00 s" in refused(tmp_path / "x.wav")


def test_a_codec_that_ffmpeg_does_not_know_is_told(tmp_path: Path) -> None:
    header = b"fmt " + struct.pack("<IHHIIHH", 16, 0x7777, 1, 16000, 32000, 2, 16)
    refused(
        written(
            tmp_path / "x.wav",
            b"RIFF" + struct.pack("<I", 44 + 8000) + b"WAVE" + header + b"data" + struct.pack("<I", 8000) + bytes(8000),
        )
    )


def test_what_is_too_large_is_told(tmp_path: Path) -> None:
    assert "has 3 MB; the maximum is 2" in refused(written(tmp_path / "x.wav", sound(2.0)[:100] + bytes(3_000_000)))


def test_what_lasts_too_long_is_told_by_its_header(tmp_path: Path) -> None:
    path = encoded(tmp_path / "x.mka", "libopus", 7.0)
    assert "lasts 0.1 minutes; the maximum here is 0.1" in refused(path)
    with pytest.raises(BadAudio, match=r"the maximum here is 0\.1"):
        uploads.accepted(path, MEGABYTES, MINUTES)


@pytest.mark.parametrize("name", ["x.mka", "x.webm"])
def test_a_header_that_lies_is_not_believed(tmp_path: Path, name: str) -> None:
    """Or says nothing, as that of a recording that is still going on."""
    path = encoded(tmp_path / name, "libopus", 9.0)
    for lie in (1.0, 0.0):
        said_to_last(path, lie)
        uploads.accepted(path, MEGABYTES, MINUTES)
        assert "lasts more than 0.1 minutes" in refused(path)


def test_little_that_becomes_much_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long silence in many channels is a small file."""
    import soundfile

    soundfile.write(tmp_path / "x.flac", np.zeros((192_000, 8)), 192_000)
    assert (tmp_path / "x.flac").stat().st_size < 100_000
    assert uploads.decoded_seconds(tmp_path / "x.flac", MEGABYTES, MINUTES) == 1.0
    monkeypatch.setattr(uploads, "_MAX_DECODED_MB", 5)
    assert "takes more than 5 MB when it is decoded" in refused(tmp_path / "x.flac")


def test_a_list_of_other_files_is_no_sound(tmp_path: Path) -> None:
    """Whoever sends one would hear what lies beside it, or anywhere."""
    for name, data in {"secret.wav": sound(), "secret.mp3": sound(kind="MP3", subtype="MPEG_LAYER_III")}.items():
        (tmp_path / name).write_bytes(data)
    lists = [b"ffconcat version 1.0\nfile secret.wav\n", f"ffconcat version 1.0\nfile {tmp_path}/secret.wav\n".encode()]
    for target in ("secret.mp3", f"{tmp_path}/secret.mp3", f"file://{tmp_path}/secret.mp3", "http://127.0.0.1:1/secret.mp3"):
        lists.append(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n".encode())
    for number, data in enumerate(lists):
        for ending in ("wav", "m3u8"):
            refused(written(tmp_path / f"{number}.{ending}", data))
    assert "is a playlist" in refused(written(tmp_path / "x.wav", lists[0]))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        *(("con", "con"), (".wav", "wav"), ("..", "upload"), ("", "upload"), (".", "upload"), ("\U0001f600.wav", "wav")),
        *(("a/b\\c:d.wav", "c_d.wav"), ("x\x00.wav", "x_.wav"), ("\u202egpj.wav", "gpj.wav"), ("<b>&amp;.wav", "b_amp_.wav")),
        *(("a b\n.wav", "a_b_.wav"), ("-rf.wav", "-rf.wav"), ("$(reboot).wav", "reboot_.wav")),
    ],
)  # fmt: skip
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert uploads.safe_name(name) == safe


@given(some.text(max_size=400))
def test_every_name_becomes_one_of_the_file_system(name: str) -> None:
    safe = uploads.safe_name(name)
    assert 0 < len(f"12-{safe}.partial".encode()) <= 255 and safe == uploads.safe_name(safe)
    assert not safe.startswith(".") and not set(safe) & set("/\\\x00<>&\"' \n") and safe == Path(safe).name


def test_the_end_of_a_long_name_is_kept() -> None:
    assert uploads.safe_name("\U00020000" * 300 + ".wav").endswith(".wav")
    assert len(uploads.safe_name("x" * 300 + ".wav")) == 60
    assert uploads.safe_name("y" * 50 + "." + "x" * 59) == "x" * 59


def test_texts_are_looked_at() -> None:
    assert uploads.text("said", 4) == "said"
    for said, why in (("", "is empty"), (" \n\t", "is empty"), ("x" * 5, "has 5 characters; the maximum is 4")):
        with pytest.raises(BadConfig, match=why):
            uploads.text(said, 4)

"""What is decoded is counted: whatever the header says, however the form changes, wherever the file is broken."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from model_lab import audio
from model_lab.audio import decoding
from model_lab.errors import BadAudio
from model_lab.pipelines.decode import decode
from tests.audio.conftest import RATE, ffmpeg, sndfile, tone

LOSSLESS = [("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "FLOAT"), ("WAV", "PCM_U8"), ("WAV", "ULAW"), ("WAV", "DOUBLE")]
LOSSLESS += [("WAVEX", "PCM_32"), ("RF64", "PCM_16"), ("W64", "PCM_16"), ("AIFF", "PCM_24"), ("CAF", "PCM_16"), ("AU", "ALAW")]
LOSSLESS += [("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("MAT5", "PCM_16")]
LOSSY = [("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")]


def heard(path: Path, track: int = 0) -> audio.DecodedAudio:
    """A file as a run hears it, after it was made sure that a pipeline hears the same."""
    found = audio.read_with_notes(path, track)
    source = decode(path, "", path.parent / "copy.wav", lambda done, total: None, track)
    assert source.duration == pytest.approx(found.sound.duration, abs=2 / RATE)
    assert source.notes == found.notes
    return found


def refused(path: Path, track: int = 0) -> str:
    """What is said of a file, the same by a run and a pipeline."""
    with pytest.raises(BadAudio) as by_run:
        audio.read(path, track)
    with pytest.raises(BadAudio) as by_pipeline:
        decode(path, "", path.parent / "copy.wav", lambda done, total: None, track)
    said = str(by_run.value)
    assert said == str(by_pipeline.value) and "\n" not in said
    return said


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def pitches(found: audio.DecodedAudio, seconds: float = 0.4) -> tuple[float, float]:
    """The pitch of the beginning and of the end."""
    sound = found.sound.mono()
    size = round(seconds * sound.sample_rate)
    return tuple(
        float(np.argmax(np.abs(np.fft.rfft(part))) * sound.sample_rate / size)
        for part in (sound.samples[size // 4 :][:size], sound.samples[: -size // 4][-size:])
    )  # type: ignore[return-value]


@settings(max_examples=60, deadline=None)
@given(
    some.sampled_from(LOSSLESS + LOSSY),
    some.sampled_from([8000, 16000, 22050, 44100, 48000]),
    some.sampled_from([1, 2]),
    some.integers(1, 20000),
    some.integers(0, 99),
)
def test_as_much_is_read_as_was_written(
    tmp_path_factory: pytest.TempPathFactory, kind: tuple[str, str], rate: int, channels: int, frames: int, seed: int
) -> None:
    assume(kind[0] != "MP3" or frames > 1152)  # FFmpeg rounds up what is shorter than a frame
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, frames)).astype(np.float32)
    path = put(tmp_path_factory.mktemp("any") / "sound", sndfile(samples, rate, *kind))
    found = heard(path)
    assert (found.sound.sample_rate, found.sound.frames) == (rate, frames)
    if kind not in LOSSY:
        assert np.array_equal(np.atleast_2d(found.sound.samples), soundfile.read(path, dtype="float32", always_2d=True)[0].T)
        assert found.notes == ()


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        *(("a.m4a", "aac", 44100), ("a.mka", "flac", 48000), ("a.webm", "libopus", 48000), ("a.opus", "libopus", 48000)),
        *(("a.ts", "aac", 48000), ("a.flv", "aac", 44100), ("a.avi", "libmp3lame", 44100), ("a.mpg", "mp2", 48000)),
        *(("a.aac", "aac", 44100), ("a.ac3", "ac3", 48000), ("a.mov", "pcm_s24le", 48000), ("a.wv", "wavpack", 44100)),
        *(("a.amr", "libopencore_amrnb", 8000), ("a.tta", "tta", 44100), ("alac.m4a", "alac", 44100)),
    ],
)  # fmt: skip
def test_a_run_and_a_pipeline_hear_the_same(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    found = heard(ffmpeg(tmp_path / name, codec, [tone(2.0, rate)], rate))
    assert found.notes == ()
    assert found.sound.duration == pytest.approx(2.0, abs=0.05)
    assert pitches(found) == pytest.approx((440, 440), abs=5)


@pytest.mark.parametrize("kind", ["OGG", "FLAC", "MP3", "OPUS"])
def test_joined_files_are_heard_to_the_end(tmp_path: Path, kind: str) -> None:
    form, subtype = ("OGG", "OPUS") if kind == "OPUS" else (kind, None)
    parts = [sndfile(tone(1.0, 48000, hertz=hertz), 48000, form, subtype) for hertz in (440, 660)]
    found = heard(put(tmp_path / "a", b"".join(parts)))
    assert found.sound.duration == pytest.approx(2.0, abs=0.08 if kind == "MP3" else 0)
    assert pitches(found) == pytest.approx((440, 660), abs=5)


def test_tags_between_joined_mp3s_are_no_damage(tmp_path: Path) -> None:
    tags = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0x80000000) + bytes(8) + b"TAG" + b"x" * 125
    sound = ffmpeg(tmp_path / "one.mp3", "libmp3lame", [tone(1.0, 44100)], 44100).read_bytes()
    found = heard(put(tmp_path / "a.mp3", b"ID3\x04\0\0\0\0\x10\0" + bytes(2048) + sound + tags + sound + tags))
    assert found.sound.duration == pytest.approx(2.0, abs=0.08)


def test_an_mp3_of_varying_rate_that_does_not_count_its_frames(tmp_path: Path) -> None:
    quiet_then_loud = np.concatenate([tone(6.0) * 0, np.random.default_rng(0).uniform(-1, 1, (1, 6 * RATE))], axis=1)
    for name, samples in {"a.mp3": quiet_then_loud, "b.mp3": quiet_then_loud[:, ::-1]}.items():
        path = tmp_path / name
        ffmpeg(path, "libmp3lame", [samples.astype(np.float32)], write_xing="0", abr="1")
        assert heard(path).sound.duration == pytest.approx(12.0, abs=0.15)


@pytest.mark.parametrize("promised", [0, RATE // 2, 2 * RATE])
def test_a_flac_that_counts_its_samples_wrong(tmp_path: Path, promised: int) -> None:
    data = sndfile(tone(), kind="FLAC")
    data[18:26] = (int.from_bytes(data[18:26], "big") >> 36 << 36 | promised).to_bytes(8, "big")
    path = put(tmp_path / "a.flac", data)
    if promised > RATE:
        assert "is truncated: its header states 2.0 s, but only 1.0 s could be decoded" in refused(path)
    else:
        found = heard(path)
        assert found.sound.frames == RATE
        assert [note for note in found.notes if "states 0.5 s; 1.0 s were decoded" in note] or not promised


@pytest.mark.parametrize(
    ("before", "after"), [((16000, 1), (44100, 1)), ((44100, 1), (8000, 1)), ((16000, 1), (16000, 2)), ((48000, 2), (16000, 1))]
)
@pytest.mark.parametrize("name", ["a.aac", "a.ogg", "a.mp3"])
def test_the_form_may_change_on_the_way(tmp_path: Path, name: str, before: tuple[int, int], after: tuple[int, int]) -> None:
    codec = {"a.aac": "aac", "a.mp3": "libmp3lame"}.get(name)
    data = b""
    for hertz, (rate, channels) in ((440, before), (660, after)):
        samples = tone(1.0, rate, channels, hertz)
        options = {"write_xing": "0"} if name == "a.mp3" else {}
        data += (
            ffmpeg(tmp_path / name, codec, [samples], rate, **options).read_bytes() if codec else sndfile(samples, rate, "OGG")
        )
    found = heard(put(tmp_path / name, data))
    channels = 1 if found.sound.samples.ndim == 1 else len(found.sound.samples)
    assert (found.sound.sample_rate, channels) == before
    assert found.sound.duration == pytest.approx(2.0, abs=0.35)
    assert pitches(found) == pytest.approx((440, 660), abs=5)
    assert [note for note in found.notes if f"to {after[0]} Hz and {after[1]} channel" in note]


def test_time_stamps_count(tmp_path: Path) -> None:
    late = heard(ffmpeg(tmp_path / "late.mkv", "flac", [tone()], late_s=1.5, picture=True))
    assert late.sound.duration == pytest.approx(2.5, abs=0.01) and not late.sound.samples[: RATE * 3 // 2 - 100].any()
    assert [note for note in late.notes if "begins 1.5 s late" in note]
    gap = heard(ffmpeg(tmp_path / "gap.mkv", "pcm_s16le", [tone(2.0)], gap=(1.0, 3.0)))
    assert gap.sound.duration == pytest.approx(5.0, abs=0.01) and not gap.sound.samples[RATE * 3 // 2 : RATE * 3].any()
    assert [note for note in gap.notes if "has gaps" in note]
    jump = heard(ffmpeg(tmp_path / "jump.mkv", "pcm_s16le", [tone(2.0)], gap=(1.0, 5000.0)))
    assert jump.sound.frames == 2 * RATE and [note for note in jump.notes if "jump by 5000 s" in note]


def test_a_track_can_be_chosen_and_the_others_are_told(tmp_path: Path) -> None:
    tracks = [tone(1.0), tone(2.0, hertz=660)]
    plain = ffmpeg(tmp_path / "a.mka", "flac", tracks)
    found = heard(plain)
    assert found.sound.frames == RATE
    assert found.notes == ("track 1 (deu) of 2 of a.mka is used; there is also track 2 (eng): select one with --track",)
    assert heard(plain, 2).sound.frames == 2 * RATE
    assert "has 2 audio tracks; there is no track 3; choose one from 1 to 2" in refused(plain, 3)
    assert heard(ffmpeg(tmp_path / "b.mka", "flac", tracks, default=1)).sound.frames == 2 * RATE
    assert heard(ffmpeg(tmp_path / "b.mka", "flac", tracks, default=1), 1).sound.frames == RATE


@pytest.mark.parametrize("name", ["a.m4a", "a.flac", "a.ogg", "a.mp3", "a.aac"])
def test_damage_in_the_middle_is_refused_with_what_could_be_decoded(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (1, RATE * 8)).astype(np.float32)
    codec = {"a.m4a": "aac", "a.aac": "aac", "a.mp3": "libmp3lame", "a.flac": "flac"}.get(name)
    options = {"movflags": "faststart"} if name == "a.m4a" else {"write_xing": "0"} if name == "a.mp3" else {}
    data = bytearray(ffmpeg(tmp_path / name, codec, [noise], **options).read_bytes() if codec else sndfile(noise, kind="OGG"))
    middle = len(data) // 2
    data[middle : middle + 2000] = np.random.default_rng(0).bytes(2000)
    assert " s could be decoded; copy it again" in refused(put(tmp_path / name, data))


def test_the_last_packet_may_be_broken_off(tmp_path: Path) -> None:
    data = ffmpeg(tmp_path / "a.aac", "aac", [tone(2.0)]).read_bytes()
    found = heard(put(tmp_path / "a.aac", data[:-20]))
    assert found.sound.duration == pytest.approx(2.0, abs=0.1)
    assert [note for note in found.notes if "ends within a block" in note]


def test_an_ogg_without_its_end_is_told(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (1, RATE * 8)).astype(np.float32)
    data = sndfile(noise, kind="OGG")
    found = heard(put(tmp_path / "a.ogg", data[: len(data) // 2]))
    assert 2 < found.sound.duration < 6 and [note for note in found.notes if "no end-of-stream mark" in note]


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_a_broken_page_of_an_ogg_is_damage_even_if_it_is_the_last(tmp_path: Path, subtype: str) -> None:
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (1, RATE * 8)).astype(np.float32)
    data = sndfile(noise, kind="OGG", subtype=subtype)
    last = data.rindex(b"OggS")
    for place in (last + 200, last + 5, data.rindex(b"OggS", 0, last) + 300):
        broken = bytearray(data)
        broken[place] ^= 0x44
        said = refused(put(tmp_path / "a.ogg", broken))
        assert "is damaged or truncated" in said and " s could be decoded; copy it again" in said


def test_what_stands_between_and_behind_the_links_of_an_ogg_is_no_damage(tmp_path: Path) -> None:
    one, two = sndfile(tone(), kind="OGG"), sndfile(tone(1.0, 44100, 2), 44100, "OGG")
    found = heard(put(tmp_path / "a.ogg", one + bytes(100) + two + b"TAG" + b"x" * 125))
    assert found.sound.duration == 2.0 and len(found.notes) == 1


@pytest.mark.parametrize(("codec", "name"), [("g722", "a.wav"), ("g726", "a.wav"), ("aac", "a.avi")])
def test_codecs_whose_number_is_no_text(tmp_path: Path, codec: str, name: str) -> None:
    rate = 8000 if codec == "g726" else RATE
    found = heard(ffmpeg(tmp_path / name, codec, [tone(2.0, rate)], rate))
    assert found.sound.duration == pytest.approx(2.0, abs=0.2)
    assert pitches(found) == pytest.approx((440, 440), abs=5)


def test_g721_is_not_taken_for_g726(tmp_path: Path) -> None:
    path = put(tmp_path / "a.wav", sndfile(tone(2.0, 8000), 8000, "WAV", "G721_32"))
    assert np.corrcoef(heard(path).sound.samples[:15000], tone(2.0, 8000)[0, :15000])[0, 1] > 0.99


def test_an_mp3_of_free_format_is_refused_in_a_sentence(tmp_path: Path) -> None:
    frame = b"\xff\xfb\x00\x64" + bytes(1300)
    assert "is not audio that can be decoded" in refused(put(tmp_path / "a.mp3", frame * 50))


def test_a_wma_of_a_pipe_says_no_length(tmp_path: Path) -> None:
    data = bytearray(ffmpeg(tmp_path / "a.wma", "wmav2", [tone(4.0, 44100)], 44100).read_bytes())
    flags = data.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")) + 88
    assert "is truncated" in refused(put(tmp_path / "b.wma", data[: len(data) * 2 // 3]))
    data[flags] |= 1
    data[flags - 48 : flags - 40] = bytes(8)  # the size of the file
    found = heard(put(tmp_path / "c.wma", data))
    assert found.notes == () and found.sound.duration == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.m4a", "aac"), ("a.mka", "flac"), ("a.flv", "aac"), ("a.tta", "tta"), ("a.wma", "wmav2")]
)
def test_where_only_the_first_of_joined_files_can_be_read_the_others_are_told(tmp_path: Path, name: str, codec: str) -> None:
    data = ffmpeg(tmp_path / name, codec, [tone(1.0, 44100)], 44100).read_bytes()
    assert heard(tmp_path / name).notes == ()
    found = heard(put(tmp_path / name, data + data))
    if found.sound.duration < 1.9:
        assert any("contains a second recording" in note for note in found.notes)


@pytest.mark.parametrize("behind", [bytes(30000), b"APETAGEX" + bytes(24) + b"\xff\xfb\x90\x64" * 99 + b"TAG" + b"x" * 125])
def test_tags_and_padding_behind_an_mp3_are_no_damage(tmp_path: Path, behind: bytes) -> None:
    data = ffmpeg(tmp_path / "a.mp3", "libmp3lame", [tone(2.0, 44100)], 44100).read_bytes()
    found = heard(put(tmp_path / "b.mp3", data + behind))
    assert found.notes == () and found.sound.duration == pytest.approx(2.0, abs=0.05)


def test_copy_protection_is_named(tmp_path: Path) -> None:
    data = ffmpeg(tmp_path / "a.m4a", "aac", [tone()], movflags="faststart").read_bytes()
    assert "is encrypted" in refused(put(tmp_path / "a.m4a", data.replace(b"mp4a", b"drms", 1)))


def test_raw_samples_of_unknown_rate_are_not_guessed_at(tmp_path: Path) -> None:
    assert "raw audio of unknown sample rate" in refused(put(tmp_path / "a.ul", bytes(range(256)) * 40))


def test_a_list_of_files_is_no_sound(tmp_path: Path) -> None:
    ffmpeg(tmp_path / "a.mp3", "libmp3lame", [tone()])
    said = refused(put(tmp_path / "a.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\na.mp3\n#EXT-X-ENDLIST\n"))
    assert "is a playlist" in said


@pytest.mark.parametrize(
    "name",
    [
        *("12:30.m4a", "http:talk.m4a", "concat:x.m4a", "file:x.m4a", "pipe:0", "data:,x.m4a", "a%d.m4a", "-rf.m4a"),
        *("a?b#c.m4a", "two\nlines.m4a", "caf\udce9.m4a", "concat:a|b.m4a", "\u00fc \u4e2d.m4a"),
    ],
)  # fmt: skip
def test_a_path_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    ffmpeg(tmp_path / "a.m4a", "aac", [tone()]).rename(tmp_path / name)
    put(tmp_path / f"{name}.wav", sndfile(tone()))
    monkeypatch.chdir(tmp_path)
    for path in (Path(name), Path(f"{name}.wav"), tmp_path / name):
        assert heard(path).sound.duration == pytest.approx(1.0, abs=0.1)
    (tmp_path / name).write_text("no sound")
    said = refused(Path(name))
    assert "is not audio" in said and said.encode()


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.wav")
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    for name, said in {"fifo.wav": "is not a file", "loop.wav": "does not exist", "x" * 300: "cannot be reached"}.items():
        assert said in refused(tmp_path / name)
    assert "is not a file" in refused(tmp_path)


def test_metadata_in_another_encoding_is_no_obstacle(tmp_path: Path) -> None:
    data = sndfile(tone())
    info = b"INFOINAM" + struct.pack("<I", 4) + b"caf\xe9"
    assert heard(put(tmp_path / "a.wav", data + b"LIST" + struct.pack("<I", len(info)) + info)).sound.frames == RATE


def test_blocks_are_counted_not_held(tmp_path: Path) -> None:
    path = put(tmp_path / "a.wav", sndfile(tone(30.0, 48000, 2), 48000))
    with decoding.opened(path) as source:
        sizes = [block.shape for block in source.blocks()]
    assert {channels for channels, _ in sizes} == {2} and max(frames for _, frames in sizes) < 200_000
    assert sum(frames for _, frames in sizes) == 30 * 48000

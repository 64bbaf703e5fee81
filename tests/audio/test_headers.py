"""WAVs whose header is wrong, as recorders and pipes leave them."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from model_lab import audio
from model_lab.audio.headers import header
from model_lab.errors import BadAudio
from tests.audio.conftest import RATE, sndfile, tone
from tests.audio.test_decoding import heard, put, refused

BYTES = 2 * RATE
LIST = b"LIST" + struct.pack("<I", 12) + b"INFOISFT" + struct.pack("<I", 0)


def sized(size: int) -> bytearray:
    """A second of sound whose header says that it has ``size`` bytes."""
    data = sndfile(tone())
    place = data.index(b"data") + 4
    data[place : place + 4] = struct.pack("<I", size)
    return data


@pytest.mark.parametrize("size", [0, 1000, BYTES // 2])
def test_a_recorder_that_died(tmp_path: Path, size: int) -> None:
    found = heard(put(tmp_path / "a.wav", sized(size)))
    assert found.sound.frames == RATE
    assert [note for note in found.notes if f"states {size} bytes of audio, but more follow" in note]


def test_a_recorder_of_large_files_that_died(tmp_path: Path) -> None:
    data = sndfile(tone(), kind="RF64")
    place = data.index(b"ds64") + 16
    data[place : place + 8] = bytes(8)
    assert heard(put(tmp_path / "a.wav", data)).sound.frames == RATE


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0xFFFFFFFF - 36, 0x80000000, 0x7FFFFFFF, 0x7FFFF000])
def test_a_pipe_does_not_know_the_length(tmp_path: Path, size: int) -> None:
    assert heard(put(tmp_path / "a.wav", sized(size))).notes == ()


@pytest.mark.parametrize("kind", ["W64", "AIFF", "AU", "CAF"])
def test_a_recorder_of_other_kinds_that_died(tmp_path: Path, kind: str) -> None:
    code = (
        "import os, sys, numpy, soundfile\n"
        f"file = soundfile.SoundFile(sys.argv[1], 'w', {RATE}, 1, 'PCM_16', format='{kind}')\n"
        f"for _ in range(16): file.write(numpy.full({RATE // 16}, 0.5))\n"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "a"], check=True)
    found = heard(tmp_path / "a")
    assert (found.sound.frames, float(found.sound.samples.min())) == (RATE, 0.5)


@pytest.mark.parametrize(
    ("kind", "mark", "skipped"), [("W64", (1 << 63) - 1, 16), ("AIFF", 0x7F000008, 4), ("AU", 0xFFFFFFFF, 0)]
)
def test_a_pipe_of_another_kind_does_not_know_the_length(tmp_path: Path, kind: str, mark: int, skipped: int) -> None:
    data = sndfile(tone(), kind=kind, subtype="PCM_16")
    name = {"W64": b"data\xf3\xac\xd3\x11", "AIFF": b"SSND"}.get(kind)
    place = data.index(name) + skipped if name else 8
    data[place : place + (8 if kind == "W64" else 4)] = mark.to_bytes(8, "little") if kind == "W64" else mark.to_bytes(4, "big")
    if kind == "AIFF":
        place = data.index(b"COMM") + 10
        data[place : place + 4] = (0x7F000000 // 2).to_bytes(4, "big")
    found = heard(put(tmp_path / "a", data))
    assert (found.sound.frames, found.notes) == (RATE, ())


@pytest.mark.parametrize("blocks", [24, 25])
def test_the_padding_behind_gsm_is_not_decoded(tmp_path: Path, blocks: int) -> None:
    data = sndfile(tone(2.0, 8000), 8000, "WAV", "GSM610")
    begin = data.index(b"data")
    sound = data[begin + 8 : begin + 8 + 65 * blocks]
    data[begin:] = b"data" + struct.pack("<I", len(sound)) + sound + bytes(len(sound) % 2)
    found = heard(put(tmp_path / "a.wav", data)).sound
    assert found.frames == 320 * blocks and abs(found.samples).max() < 0.4


@pytest.mark.parametrize("more", [1, 44])
def test_a_wav_that_counts_its_header_is_whole(tmp_path: Path, more: int) -> None:
    found = heard(put(tmp_path / "a.wav", sized(BYTES + more)))
    assert found.sound.frames == RATE
    assert found.notes == (f"the header of a.wav states {BYTES + more} bytes of audio; the {BYTES} bytes in the file were read",)


@pytest.mark.parametrize("bytes_per_second", [0, 1, 0xFFFFFFFF])
def test_the_bytes_per_second_of_a_wav_are_not_believed(tmp_path: Path, bytes_per_second: int) -> None:
    data = sndfile(tone())
    data[28:32] = struct.pack("<I", bytes_per_second)
    found = heard(put(tmp_path / "a.wav", data))
    assert (found.sound.frames, found.notes) == (RATE, ())


@pytest.mark.parametrize("between", [b"", LIST])
def test_of_wavs_joined_byte_by_byte_the_first_is_heard_and_the_others_told(tmp_path: Path, between: bytes) -> None:
    found = heard(put(tmp_path / "a.wav", sndfile(tone()) + between + sndfile(tone(2.0))))
    assert found.sound.frames == RATE
    [note] = found.notes
    assert "a.wav contains a second recording after the first" in note and "only the first, 1.0 s" in note


@pytest.mark.parametrize("size", [BYTES * 10 // 9, 2 * BYTES, 3_000_000_000])
def test_a_file_that_was_cut_off(tmp_path: Path, size: int) -> None:
    assert f"states {size} bytes of audio, but it has {BYTES}" in refused(put(tmp_path / "a.wav", sized(size)))


@pytest.mark.parametrize("behind", [LIST, b"TAG" + bytes(125), bytes(4096), b"id3 " + struct.pack("<I", 4) + b"ID3\4", b"\0" * 3])
def test_what_is_no_sound_behind_the_sound(tmp_path: Path, behind: bytes) -> None:
    found = heard(put(tmp_path / "a.wav", sndfile(tone()) + behind))
    assert (found.sound.frames, found.notes) == (RATE, ())


def test_chunks_of_odd_length_before_the_sound(tmp_path: Path) -> None:
    data = sndfile(tone())
    place = data.index(b"data")
    data[place:place] = b"junk" + struct.pack("<I", 3) + b"abc\0" + b"bext" + struct.pack("<I", 602) + bytes(602)
    assert heard(put(tmp_path / "a.wav", data)).sound.frames == RATE


def test_a_wav_without_sound(tmp_path: Path) -> None:
    place = (data := sized(0)).index(b"data") + 8
    for rest in (b"", LIST):
        with pytest.raises(BadAudio, match="holds 0 samples"):
            audio.read(put(tmp_path / "a.wav", bytes(data[:place]) + rest))


@pytest.mark.parametrize("kind", ["W64", "CAF", "AIFF", "AU", "RF64"])
def test_half_a_file_of_other_kinds(tmp_path: Path, kind: str) -> None:
    data = sndfile(tone(2.0), kind=kind)
    assert "is truncated" in refused(put(tmp_path / "a", data[: len(data) // 2]))


def test_other_files_have_no_such_header(tmp_path: Path) -> None:
    for data in (b"", b"RIFF", b"RIFF\0\0\0\0AVI ", sndfile(tone(), kind="FLAC"), b"RIFF\0\0\0\0WAVEfmt "):
        assert header(put(tmp_path / "a", bytes(data))) is None

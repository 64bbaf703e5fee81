from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_lab.capabilities import capability
from model_lab.datasets import imports, manifest
from model_lab.errors import BadManifest
from tests.datasets.imports import conftest
from tests.datasets.imports.conftest import Item, sound


def write(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        (folder / name.replace("wav_scp", "wav.scp")).write_text(content, "utf-8")
    return folder


def read(folder: Path) -> list[manifest.Sample]:
    own = imports.materialise(folder, capability=capability("asr"))
    return manifest.read(own.manifest, capability("asr"), anywhere=True)


def test_segments_are_cut_bit_for_bit(tmp_path: Path) -> None:
    sound(tmp_path / "my rec.flac", channels=2, frames=32_000)
    write(tmp_path, wav_scp="r my rec.flac\n", segments="a r 0.5 1.25\nb r 1.5 -1\n", text="a eins\nb zwei drei\n")
    first, last = read(tmp_path)
    whole, _ = soundfile.read(tmp_path / "my rec.flac", dtype="int16")
    part, rate = soundfile.read(first.inputs[0], dtype="int16")
    assert soundfile.info(first.inputs[0]).subtype == "PCM_16" and rate == 16_000
    np.testing.assert_array_equal(part, whole[8000:20_000])
    np.testing.assert_array_equal(soundfile.read(last.inputs[0], dtype="int16")[0], whole[24_000:])
    assert [sample.reference().text for sample in (first, last)] == ["eins", "zwei drei"]


def test_24_bits_are_kept(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(-(2**22), 2**22, 16_000).astype(np.int32) << 8
    soundfile.write(tmp_path / "a.wav", noise, 16_000, subtype="PCM_24")
    write(tmp_path, wav_scp="r a.wav\n", segments="a r 0.25 0.5\n", text="a x\n")
    (sample,) = read(tmp_path)
    np.testing.assert_array_equal(soundfile.read(sample.inputs[0], dtype="int32")[0], noise[4000:8000])


@pytest.mark.parametrize(
    "entry",
    [
        "flac -c -d -s a.wav |",
        "sph2pipe -f wav -p a.wav |",
        "sox a.wav -t wav - |",
        "/usr/bin/sox a.wav -r 16k -c 1 -b 16 -t wav - |",
        "ffmpeg -nostdin -i a.wav -f wav -ar 16000 -ac 1 pipe:1 |",
        "cat a.wav |",
    ],
)
def test_a_command_that_decodes_one_file_is_the_file(tmp_path: Path, entry: str) -> None:
    sound(tmp_path / "a.wav")
    (sample,) = read(write(tmp_path, wav_scp=f"a {entry}\n", text="a x\n"))
    assert sample.inputs == ((tmp_path / "a.wav").resolve(),)


def test_the_channel_of_a_command_is_taken(tmp_path: Path) -> None:
    sound(tmp_path / "call.wav", channels=2)
    (sample,) = read(write(tmp_path, wav_scp="a sph2pipe -f wav -p -c 2 call.wav |\n", text="a x\n"))
    whole, _ = soundfile.read(tmp_path / "call.wav", dtype="int16")
    np.testing.assert_array_equal(soundfile.read(sample.inputs[0], dtype="int16")[0], whole[:, 1])


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"wav_scp": "a touch run; cat a.wav |\n"}, "commands are never run"),
        ({"wav_scp": "a sox a.wav -t wav - trim 0 1 |\n"}, "commands are never run"),
        ({"wav_scp": "a sox a.wav -t wav - | sox - -t wav - speed 2 |\n"}, "commands are never run"),
        ({"wav_scp": "a cat $(touch run) |\n"}, "commands are never run"),
        ({"wav_scp": "a raw.1.ark:123\n"}, r"raw\.1\.ark:123 is a place in a Kaldi archive"),
        ({"wav_scp": "a absent.wav\n"}, r"wav\.scp:1: absent\.wav is not a file"),
        ({"wav_scp": "a a.wav\na a.wav\n"}, r"wav\.scp:2: a is there twice"),
        ({"wav_scp": "utt-1 a.wav\n", "text": "utt-2 x\n"}, r"utterance utt-2, .*\(did you mean 'utt-1'\?\)"),
        ({"wav_scp": "a a.wav\n", "segments": "u a 0\n"}, r"segments:1: expected UTTERANCE RECORDING START END"),
        ({"wav_scp": "a a.wav\n", "segments": "u b 0 1\n"}, "recording b is not in wav.scp"),
        ({"wav_scp": "a a.wav\n", "segments": "u a 0 9\n"}, "is 0 to 9 s, and the recording lasts 0.750 s"),
        ({"wav_scp": "a a.wav\n", "segments": "u a 0.5 0.25\n"}, "expected 0 <= start < end"),
        ({"wav_scp": ""}, "there are no rows"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    sound(tmp_path / "a.wav")
    with pytest.raises(BadManifest, match=sentence) as caught:
        read(write(tmp_path, **files))
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists() and not Path("run").exists()


def test_another_encoding_is_told_with_its_byte(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav")
    write(tmp_path, wav_scp="a a.wav\n")
    (tmp_path / "text").write_bytes(b"a gr\xfc\xdf dich\n")
    with pytest.raises(BadManifest, match=r"text is not UTF-8 \(byte 0xfc\); save it as UTF-8"):
        read(tmp_path)


def test_speakers_that_are_utterances_are_not_known(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav")
    (sample,) = read(write(tmp_path, wav_scp="a a.wav\n", text="a x\n", utt2spk="a a\n"))
    assert sample.clusters == "unknown"


def test_paths_may_start_above_the_data_directory(tmp_path: Path) -> None:
    sound(tmp_path / "downloads" / "a.wav")
    (tmp_path / "data" / "test").mkdir(parents=True)
    (sample,) = read(write(tmp_path / "data" / "test", wav_scp="a downloads/a.wav\n", text="a x\n"))
    assert sample.inputs == ((tmp_path / "downloads" / "a.wav").resolve(),)


names = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\"), min_size=1, max_size=12).filter(
    lambda name: name.strip(".") and not name.startswith(".")
)
texts = st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8), max_size=5).map(" ".join)
lists = st.lists(st.builds(Item, names, texts, st.just("s")), min_size=1, max_size=4, unique_by=lambda item: item.id.casefold())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(lists, st.sampled_from(["kaldi", "nemo", "table"]))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, items: list[Item], form: str) -> None:
    folder = tmp_path_factory.mktemp("round")
    own = imports.materialise(conftest.SPOKEN[form](folder, items), capability=capability("asr"))
    samples = manifest.read(own.manifest, capability("asr"), anywhere=True)
    assert [(sample.id, sample.row["text"]) for sample in samples] == [(item.id, item.text) for item in items]

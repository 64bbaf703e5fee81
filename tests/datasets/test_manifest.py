from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_lab.capabilities import capability
from model_lab.datasets import manifest
from model_lab.errors import BadManifest


def tone(path: Path, seconds: float = 0.5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.1 * np.sin(np.arange(round(seconds * 16000)) / 10), 16000, subtype="PCM_16")


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "my.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    tone(folder / "a.wav")
    tone(folder / "deep" / "b.wav", 0.25)
    tone(tmp_path / "outside.wav")
    return folder


def test_reads_samples(data: Path) -> None:
    path = write(data, {"id": "x", "audio": "a.wav", "text": "hello", "group": "g"}, "", {"audio": "deep/b.wav", "text": None})
    first, second = manifest.read(path, capability("asr"))
    assert (first.id, first.group, first.origin) == ("x", "g", f"{path}:1")
    assert first.inputs == ((data / "a.wav").resolve(),) and first.duration == pytest.approx(0.5)
    assert first.reference().text == "hello"
    assert (second.id, second.group, second.origin) == ("b", "b", f"{path}:3")
    assert second.reference() is None
    assert manifest.check([first, second]) == 1


def test_two_sounds_and_the_duration_of_a_row(data: Path) -> None:
    row = {"id": "1", "audio": "a.wav", "audio_b": "deep/b.wav", "same": True}
    (sample,) = manifest.read(write(data, row), capability("speaker_verify"))
    assert sample.duration == pytest.approx(0.75)
    (sample,) = manifest.read(write(data, row | {"duration": 10}), capability("speaker_verify"))
    assert sample.duration == pytest.approx(10.25)


def test_text_input_has_no_duration(data: Path) -> None:
    (sample,) = manifest.read(write(data, {"id": 7, "text": "hello", "audio": "a.wav"}), capability("tts"))
    assert sample.id == "7" and sample.inputs == ("hello",) and sample.duration == 0.0


def test_optional_input_may_be_absent(data: Path) -> None:
    (sample,) = manifest.read(write(data, {"audio": "a.wav", "snr_db": 5}), capability("quality"))
    assert sample.inputs == ((data / "a.wav").resolve(), None)


def test_byte_order_mark_and_windows_line_ends(data: Path) -> None:
    path = data / "my.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"audio": "a.wav"}\r\n\r\n{"audio": "deep/b.wav"}\r\n')
    assert [sample.id for sample in manifest.read(path, capability("asr"))] == ["a", "b"]


BAD = {
    "not JSON": ('{"audio": "a.wav"', "not JSON"),
    "not an object": ("5", "a int; expected a JSON object"),
    "an array in a line": ("[1, 2]", "a list; expected a JSON object"),
    "a number too long to read": ('{"id": ' + "9" * 5000 + "}", "not usable JSON"),
    "nested without end": ("[" * 100_000, "not usable JSON"),
    "nothing to ask": ({"text": "x"}, "column 'audio' is missing"),
    "empty id": ({"id": "", "audio": "a.wav"}, "column 'id' is missing"),
    "id of a wrong type": ({"id": [1], "audio": "a.wav"}, r"column 'id' is \[1\]"),
    "group of a wrong type": ({"id": "x", "audio": "a.wav", "group": 3.5}, "column 'group' is 3.5"),
    "duration of a wrong type": ({"id": "x", "audio": "a.wav", "duration": "long"}, "column 'duration' is 'long'"),
    "duration without end": ('{"id": "x", "audio": "a.wav", "duration": Infinity}', "Infinity is not a number in JSON"),
    "no audio": ({"id": "x"}, "column 'audio' is missing; asr needs it in every row"),
    "audio of a wrong type": ({"id": "x", "audio": 5}, "column 'audio' is 5, a number; expected the path of one sound file"),
    "several sounds": ({"id": "x", "audio": ["a.wav"]}, "column 'audio' is .*, a list; expected the path of one sound file"),
    "sound in the row": (
        {"audio": {"path": "a.wav", "array": [0.5]}},
        "column 'audio' is .*, an object; expected the path of one",
    ),
    "an address": ({"id": "x", "audio": "file:///data/a.wav"}, "file:///data/a.wav is an address; put the file into"),
    "a drive": ({"id": "x", "audio": "C:\\data\\a.wav"}, r"C:\\data\\a\.wav is outside .*; put the file there"),
    "a backslash": ({"id": "x", "audio": "deep\\b.wav"}, r"deep\\b\.wav is written with \\; write deep/b.wav"),
    "other capitals": ({"id": "x", "audio": "A.WAV"}, r"A\.WAV is not a file in .* \(did you mean 'a\.wav'\?\)"),
    "file not there": ({"id": "x", "audio": "absent.wav"}, "absent.wav is not a file in"),
    "a folder": ({"id": "x", "audio": "deep"}, "deep is not a file in"),
    "up and out": ({"id": "x", "audio": "../outside.wav"}, r"\.\./outside\.wav is outside"),
    "up and back in": ({"id": "x", "audio": "../data/../outside.wav"}, "is outside"),
    "absolute": ({"id": "x", "audio": "/etc/passwd"}, "/etc/passwd is outside"),
    "through a link": ({"id": "x", "audio": "link.wav"}, r"link\.wav is outside"),
    "a loop of links": ({"id": "x", "audio": "loop.wav"}, "loop.wav"),
    "a zero byte": ('{"id": "x", "audio": "a\\u0000.wav"}', "not a usable path"),
    "half a character": ('{"id": "x", "audio": "\\ud800.wav"}', "not a usable path"),
    "a name too long": ({"id": "x", "audio": "a" * 5000}, "not a usable path"),
}


def test_an_absolute_path_inside_is_told_by_its_name_here(data: Path) -> None:
    path = write(data, {"id": "x", "audio": str((data / "deep/b.wav").resolve())})
    with pytest.raises(BadManifest, match=r"is an absolute path; name the file relative to the manifest: deep/b\.wav$"):
        manifest.read(path, capability("asr"))


@pytest.mark.parametrize(("row", "expected"), BAD.values(), ids=BAD.keys())
def test_bad_rows(data: Path, row: Any, expected: str) -> None:
    (data / "link.wav").symlink_to(data.parent / "outside.wav")
    (data / "loop.wav").symlink_to(data / "loop.wav")
    path = write(data, {"id": "good", "audio": "a.wav"}, row)
    with pytest.raises(BadManifest, match=expected) as caught:
        manifest.read(path, capability("asr"))
    assert str(caught.value).startswith(f"{path}:2: ") and "\n" not in str(caught.value)


def test_link_that_stays_inside_is_fine(data: Path) -> None:
    (data / "same.wav").symlink_to(data / "a.wav")
    assert len(manifest.read(write(data, {"audio": "same.wav"}), capability("asr"))) == 1


def test_double_id(data: Path) -> None:
    path = write(data, {"audio": "a.wav"}, "", {"id": "a", "audio": "deep/b.wav"})
    with pytest.raises(BadManifest, match=f"{path}:3: id 'a' is already used in line 1"):
        manifest.read(path, capability("asr"))


def test_not_utf8(data: Path) -> None:
    (data / "my.jsonl").write_bytes(b'{"audio": "\xff.wav"}\n')
    with pytest.raises(BadManifest, match=r"my\.jsonl:1: this line is not UTF-8 \(byte 0xff\)"):
        manifest.read(data / "my.jsonl", capability("asr"))


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_empty(data: Path, content: str) -> None:
    (data / "my.jsonl").write_text(content)
    with pytest.raises(BadManifest, match="holds no samples"):
        manifest.read(data / "my.jsonl", capability("asr"))


def test_manifest_not_there_or_a_folder(data: Path) -> None:
    for path in (data / "absent.jsonl", data):
        with pytest.raises(BadManifest, match="cannot be read"):
            manifest.read(path, capability("asr"))


def test_malformed_truth_names_the_line(data: Path) -> None:
    rows = [{"id": "fine", "audio": "a.wav", "speech": [[0.1, 0.2]]}, {"id": "bad", "audio": "a.wav", "speech": [0.1, 0.2]}]
    good, bad = manifest.read(write(data, *rows), capability("vad"))
    assert manifest.check([good]) == 0
    with pytest.raises(BadManifest, match=r"my\.jsonl:2: "):
        manifest.check([good, bad])


def test_truth_with_a_broken_part_is_not_taken_for_an_absent_one(data: Path) -> None:
    row = {"audio": "a.wav", "turns": [{"start": 0, "end": 1}]}
    (sample,) = manifest.read(write(data, row), capability("diarization"))
    with pytest.raises(BadManifest, match=r"my\.jsonl:1: .*speaker"):
        sample.reference()


def test_truth_in_a_file_outside(data: Path) -> None:
    (sample,) = manifest.read(write(data, {"audio": "a.wav", "clean": "../outside.wav"}), capability("enhance"))
    with pytest.raises(BadManifest, match="is outside"):
        sample.reference()


def test_fingerprint_follows_rows_and_sound(data: Path) -> None:
    def now(*rows: Any) -> str:
        return manifest.fingerprint(manifest.read(write(data, *rows), capability("asr")))

    first = now({"audio": "a.wav", "text": "x"})
    assert first == now({"text": "x", "audio": "a.wav"}) and len(first) == 12
    assert first != now({"audio": "a.wav", "text": "y"})
    tone(data / "a.wav", 0.6)
    assert first != now({"audio": "a.wav", "text": "x"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
columns = st.sampled_from(
    ["id", "audio", "text", "group", "duration", "language", "speech", "turns", "clean", "snr_db", "entities", "f0"]
)
rows = st.dictionaries(columns, json_values | st.sampled_from(["a.wav", "deep/b.wav", "../outside.wav"]), max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    st.lists(rows.map(json.dumps) | st.text(max_size=30), max_size=4),
    st.sampled_from(["asr", "vad", "diarization", "ner", "pitch", "quality"]),
)
def test_any_file_is_read_or_refused_in_one_sentence(data: Path, lines: list[str], name: str) -> None:
    path = data / "my.jsonl"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    refusal = str(path)
    try:
        samples = manifest.read(path, capability(name))
        assert samples and len({sample.id for sample in samples}) == len(samples)
        assert all(sample.duration >= 0 for sample in samples)
        manifest.check(samples)
    except BadManifest as error:
        refusal = str(error)
    assert refusal.startswith(str(path)) and "\n" not in refusal


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=40)), min_size=1, max_size=10, unique_by=lambda row: row[0]
    )
)
def test_what_is_written_is_read(data: Path, written: list[tuple[str, str]]) -> None:
    lines = [json.dumps({"id": name, "text": text}, ensure_ascii=True) for name, text in written]
    samples = manifest.read(write(data, *lines), capability("tts"))
    assert [(sample.id, sample.inputs[0]) for sample in samples] == written


def test_where_clusters_come_from(data: Path) -> None:
    rows = [
        {"id": "1", "audio": "a.wav", "group": "g", "speaker": "ann"},
        {"id": "2", "audio": "a.wav", "speaker": "ann"},
        {"id": "3", "audio": "a.wav"},
    ]
    found = manifest.read(write(data, *rows), capability("asr"))
    assert [(sample.group, sample.clusters) for sample in found] == [("g", "given"), ("ann", "speaker"), ("3", "unknown")]


def test_trials_without_a_group_are_clustered_by_the_enrolled_speaker(data: Path) -> None:
    row = {"audio": "a.wav", "audio_b": "deep/b.wav", "same": True}
    rows = [{"id": "1", "speaker": "ann"}, {"id": "2", "speaker": "ann"}, {"id": "3"}]
    found = manifest.read(write(data, *(row | each for each in rows)), capability("speaker_verify"))
    assert [sample.group for sample in found] == [sample.reference().group for sample in found] == ["ann", "ann", "3"]


def test_a_length_is_counted_and_a_header_is_not_believed(tmp_path: Path) -> None:
    """A recorder that died left 0 in its header; of a file that is cut off nothing is known but that it is: its question fails."""
    tone(tmp_path / "a.wav", 2.0)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    place = data.index(b"data") + 4
    (tmp_path / "cut.wav").write_bytes(data[: len(data) // 2])
    data[place : place + 4] = bytes(4)
    (tmp_path / "died.wav").write_bytes(data)
    turns = [{"start": 0, "end": 1.5, "speaker": "x"}]
    path = write(tmp_path, *({"audio": name, "turns": turns} for name in ("died.wav", "cut.wav")))
    samples = manifest.read(path, capability("diarization"))
    assert [sample.duration for sample in samples] == [2.0, 0.0]
    assert manifest.check(samples) == 0

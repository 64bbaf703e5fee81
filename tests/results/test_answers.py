"""Answers survive the trip to disk and back, to the bit."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from model_lab import audio
from model_lab.errors import BadAudio, ContractBroken
from model_lab.results.answers import artifact_name, pack, unpack
from model_lab.results.schema import SampleResult
from model_lab.results.store import ResultCell
from model_lab.types import Audio, Beats, Entity, Label, PitchTrack, Segment, Transcript, Turn, Word

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBER = st.floats()
FLOAT32 = arrays.arrays(np.float32, arrays.array_shapes(max_dims=3, min_side=0, max_side=5), elements=st.floats(width=32))
TRACK = arrays.arrays(np.float32, st.integers(0, 8), elements=st.floats(width=32))
SOUND = st.builds(
    Audio,
    arrays.arrays(np.float32, arrays.array_shapes(max_dims=2, max_side=6), elements=st.floats(-8, 8, width=32)),
    st.sampled_from([8000, 16000, 44100, 192000]),
)
TYPED = st.one_of(
    st.builds(Segment, NUMBER, NUMBER, TEXT),
    st.builds(Turn, NUMBER, NUMBER, TEXT),
    st.builds(Transcript, TEXT, st.lists(st.builds(Word, TEXT, NUMBER, NUMBER), max_size=3).map(tuple), TEXT),
    st.builds(Label, TEXT, NUMBER),
    st.builds(Entity, TEXT, TEXT, st.integers(0, 99), st.integers(0, 99)),
    st.builds(PitchTrack, TRACK, TRACK, TRACK),
    st.builds(Beats, NUMBER, TRACK),
)
ANSWER = st.one_of(
    TYPED,
    SOUND,
    FLOAT32,
    st.floats(),
    st.none(),
    st.booleans(),
    TEXT,
    st.lists(st.one_of(TYPED, SOUND), max_size=3),
    st.dictionaries(TEXT.filter(lambda key: key != "type"), st.one_of(NUMBER, SOUND), max_size=3),
)


@pytest.fixture
def cell(tmp_path: Path) -> ResultCell:
    return ResultCell(tmp_path / "cell")


def same(one: Any, other: Any) -> bool:
    """Equal in type, value and bits; all NaN are one."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        if (one.dtype, one.shape) != (other.dtype, other.shape):
            return False
        return bool(np.array_equal(one, other, equal_nan=True) and (np.signbit(one) == np.signbit(other))[~np.isnan(one)].all())
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or (one == other and math.copysign(1, one) == math.copysign(1, other))
    return bool(one == other)


def through_disk(answer: Any, cell: ResultCell, sample_id: str = "s") -> Any:
    cell.answers.append(SampleResult(sample_id=sample_id, status="ok", hypothesis=pack(answer, cell, sample_id)))
    return unpack(cell.latest()[sample_id].hypothesis, cell)


@given(ANSWER)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_answer_comes_back_exactly(cell: ResultCell, answer: Any) -> None:
    cell.answers.path.unlink(missing_ok=True)
    assert same(through_disk(answer, cell), answer)


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64", "uint8", "bool", ">f4"])
def test_other_arrays_come_back_too(cell: ResultCell, dtype: str) -> None:
    array = np.array([[0, 1, 2], [3, 1, 0]]).astype(dtype)
    back = through_disk(array, cell)
    assert back.dtype == array.dtype.newbyteorder("=") and np.array_equal(back, array)


def test_what_is_written_is_json_that_every_reader_takes(cell: ResultCell) -> None:
    plain = pack({"mos": math.nan, "track": np.array([math.inf, 1.5], np.float32)}, cell, "s")
    assert json.loads(json.dumps(plain, allow_nan=False)) == {
        "mos": {"type": "float", "value": "nan"},
        "track": {"type": "array", "data": {"dtype": "float32", "shape": [2], "data": ["inf", 1.5]}},
    }


def test_sound_stands_in_the_artifacts_under_the_samples_name(cell: ResultCell) -> None:
    sound = Audio(np.array([0.25, -0.5], np.float32), 16000)
    plain = pack(sound, cell, "speaker 1/clip.wav")
    assert plain["file"] == f"artifacts/speaker_1_clip_wav-{plain['sha256']}.wav"
    assert np.array_equal(audio.read(cell.folder / plain["file"]).samples, sound.samples)
    assert pack(sound, cell, "speaker 1/clip.wav") == plain


def test_one_channel_of_two_dimensions_keeps_its_shape(cell: ResultCell) -> None:
    sound = Audio(np.ones((1, 5), np.float32), 8000)
    assert through_disk(sound, cell).samples.shape == (1, 5)


def test_another_answer_never_overwrites_the_sound_of_the_recorded_one(cell: ResultCell) -> None:
    """A kill between writing the sound and appending the record must not change what the old record says."""
    first, second = (Audio(np.full(4, level, np.float32), 8000) for level in (0.1, 0.2))
    plain = pack(first, cell, "s")
    pack(second, cell, "s")
    assert same(unpack(plain, cell), first)


def test_samples_whose_names_look_alike_do_not_collide(cell: ResultCell) -> None:
    sounds = {
        name: Audio(np.full(4, index / 9, np.float32), 8000)
        for index, name in enumerate(["a/b", "a_b", "a b", "A_b", "x" * 300, "x" * 299])
    }
    plains = {name: pack(sound, cell, name) for name, sound in sounds.items()}
    assert all(same(unpack(plains[name], cell), sound) for name, sound in sounds.items())


@given(st.text(), st.text("0123456789abcdef", min_size=16, max_size=16))
def test_artifact_names_are_safe(sample_id: str, sha256: str) -> None:
    name = artifact_name(sample_id, sha256)
    assert name.isascii() and len(name) < 100 and name.endswith(f"-{sha256}.wav")
    assert not set(name) & set('/\\:*?"<>| \0') and not name.startswith(".")


@pytest.mark.parametrize(
    "answer",
    [
        object(),
        "\ud800",
        [Label("\udfff", 1.0)],
        np.array(["a"]),
        np.array([None]),
        np.array([1j]),
        Audio(np.zeros(0, np.float32), 8000),
        Audio(np.array([np.nan], np.float32), 8000),
    ],
)
def test_what_has_no_form_on_disk_is_refused(cell: ResultCell, answer: Any) -> None:
    with pytest.raises(ContractBroken):
        pack(answer, cell, "s")
    assert not list(cell.artifacts.glob("*"))


def test_an_artifact_that_is_gone_cut_short_or_changed_is_not_passed_off_as_the_answer(cell: ResultCell) -> None:
    sound = Audio(np.linspace(-1, 1, 100, dtype=np.float32), 8000)
    plain = pack(sound, cell, "s")
    path = cell.folder / plain["file"]
    audio.write(path, Audio(sound.samples * 0.5, 8000))
    with pytest.raises(BadAudio, match="not the audio of the stored answer"):
        unpack(plain, cell)
    audio.write(path, Audio(sound.samples[:50], 8000))
    with pytest.raises(BadAudio, match="not the audio of the stored answer"):
        unpack(plain, cell)
    audio.write(path, sound)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadAudio, match="truncated"):
        unpack(plain, cell)
    path.unlink()
    with pytest.raises(BadAudio, match="does not exist"):
        unpack(plain, cell)


def test_an_artifact_outside_the_cell_is_not_opened(cell: ResultCell, tmp_path: Path) -> None:
    sound = Audio(np.ones(4, np.float32), 8000)
    plain = pack(sound, cell, "s")
    (cell.folder / plain["file"]).rename(tmp_path / "secret.wav")
    for name in ("../secret.wav", str(tmp_path / "secret.wav")):
        with pytest.raises(BadAudio, match="outside"):
            unpack({**plain, "file": name}, cell)

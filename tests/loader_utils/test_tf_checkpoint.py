"""Checkpoints of TensorFlow: the index is written here as TensorFlow writes it, and read back."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.errors import NotRunnable
from model_lab.loader_utils import tf_checkpoint

MAGIC = bytes.fromhex("57fb808b247547db")


def varint(value: int) -> bytes:
    groups = []
    while True:
        groups.append(value & 127 | (128 if value > 127 else 0))
        value >>= 7
        if not value:
            return bytes(groups)


def field(number: int, content: int | bytes) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def entry(dtype: int, shape: tuple[int, ...], offset: int, size: int) -> bytes:
    """A BundleEntryProto; zeros are left out, as protobuf does, and a checksum ends it."""
    dimensions = b"".join(field(2, field(1, length) if length else b"") for length in shape)
    places = b"".join(field(number, value) for number, value in ((4, offset), (5, size)) if value)
    return field(1, dtype) + field(2, dimensions) + places + varint(6 << 3 | 5) + b"\x12\x34\x56\x78"


def block(pairs: list[tuple[bytes, bytes]], compression: int = 0) -> bytes:
    """Keys without what they share with the one before, one restart point, the kind of compression and a checksum."""
    content, before = b"", b""
    for key, value in pairs:
        shared = next((n for n, (a, b) in enumerate(zip(key, before, strict=False)) if a != b), min(len(key), len(before)))
        content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return content + struct.pack("<II", 0, 1) + bytes([compression]) + b"\0\0\0\0"


def write(folder: Path, tensors: dict[str, np.ndarray], per_block: int = 2, compression: int = 0) -> tuple[Path, Path]:
    data, entries = b"", [(b"", b"header")]
    for name in sorted(tensors, key=str.encode):
        dtype = {"float32": 1, "int64": 9}[tensors[name].dtype.name]
        entries.append((name.encode(), entry(dtype, tensors[name].shape, len(data), tensors[name].nbytes)))
        data += tensors[name].tobytes()
    table, places = b"", []
    for start in range(0, len(entries), per_block):
        part = block(entries[start : start + per_block], compression)
        places.append((entries[min(start + per_block, len(entries)) - 1][0] + b"~", varint(len(table)) + varint(len(part) - 5)))
        table += part
    about = block([])
    directory = block(places)
    footer = varint(len(table)) + varint(len(about) - 5) + varint(len(table + about)) + varint(len(directory) - 5)
    (folder / "a.index").write_bytes(table + about + directory + footer.ljust(40, b"\0") + MAGIC)
    (folder / "a.data").write_bytes(data)
    return folder / "a.index", folder / "a.data"


@given(st.data())
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.text("abc_/12", min_size=1, max_size=12), min_size=1, max_size=9, unique=True))
    shapes = st.lists(st.integers(0, 3), max_size=4).map(tuple)
    rng = np.random.default_rng(0)
    tensors = {name: rng.standard_normal(data.draw(shapes)).astype(np.float32) for name in names}
    index, values = write(tmp_path_factory.mktemp("checkpoint"), tensors, data.draw(st.integers(1, 4)))
    found = tf_checkpoint.read(index, values)
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].shape == tensor.shape and np.array_equal(found[name], tensor)


def test_tensors_of_other_types_are_left_out(tmp_path: Path) -> None:
    found = tf_checkpoint.read(*write(tmp_path, {"step": np.array(3, np.int64), "w": np.ones(300, np.float32)}))
    assert list(found) == ["w"] and found["w"].sum() == 300


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.index").write_bytes(b"no")
    (tmp_path / "a.data").write_bytes(b"")
    with pytest.raises(NotRunnable, match=r"a\.index is not the index of a TensorFlow checkpoint"):
        tf_checkpoint.read(tmp_path / "a.index", tmp_path / "a.data")
    with pytest.raises(NotRunnable, match="is compressed"):
        tf_checkpoint.read(*write(tmp_path, {"w": np.ones(1, np.float32)}, compression=1))

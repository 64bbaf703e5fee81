"""TensorFlow checkpoints (version 2, "tensor bundles") without TensorFlow.

A checkpoint is two files. The index is a sorted table in the format of LevelDB (tensorflow/core/lib/io/table): blocks of key-value
pairs whose keys share prefixes, found through an index block, found through a footer of 48 bytes. Each value is a
``BundleEntryProto`` (tensorflow/core/protobuf/tensor_bundle.proto) that gives the position of a tensor in the data file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from model_lab.errors import NotRunnable
from model_lab.types import FloatArray

_MAGIC = bytes.fromhex("57fb808b247547db")
_FOOTER = 48
_FLOAT32 = 1
_DTYPE, _SHAPE, _OFFSET, _SIZE = 1, 2, 4, 5
_VARINT, _BYTES, _FIXED32 = 0, 2, 5


def read(index: Path, data: Path) -> dict[str, FloatArray]:
    """The float32 tensors of a checkpoint with one data file, by name; other types are skipped.

    Raises `NotRunnable` if ``index`` is not an uncompressed index of a checkpoint.
    """
    table, values = index.read_bytes(), data.read_bytes()
    if len(table) < _FOOTER or not table.endswith(_MAGIC):
        raise NotRunnable(f"{index.name} is not the index of a TensorFlow checkpoint; fetch the model again")
    footer = _varints(table[-_FOOTER : -len(_MAGIC)])
    next(footer), next(footer)  # position of the metaindex block
    tensors = {}
    for _, place in _pairs(table, next(footer), next(footer)):
        handle = _varints(place)
        for name, entry in _pairs(table, next(handle), next(handle)):
            if name and (tensor := _tensor(entry, values)) is not None:
                tensors[name.decode()] = tensor
    return tensors


def _pairs(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a block, in which each key shares a prefix with the one before."""
    if table[offset + size] != 0:
        raise NotRunnable(f"block {offset} of the checkpoint's index is compressed; expected an uncompressed checkpoint")
    block = table[offset : offset + size]
    (restarts,) = struct.unpack("<I", block[-4:])
    end, at, key = size - 4 * (restarts + 1), 0, b""
    while at < end:
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + length]
        at += length


def _tensor(entry: bytes, values: bytes) -> FloatArray | None:
    """The tensor described by a ``BundleEntryProto``; None unless it is float32."""
    fields = dict(_fields(entry))
    if fields.get(_DTYPE) != _FLOAT32:
        return None
    shape = [_dimension(content) for number, content in _fields(_message(fields.get(_SHAPE, b""))) if number == 2]
    offset, size = fields.get(_OFFSET, 0), fields.get(_SIZE, 0)
    assert isinstance(offset, int) and isinstance(size, int)
    return np.frombuffer(values[offset : offset + size], "<f4").reshape(shape)


def _dimension(content: int | bytes) -> int:
    size = dict(_fields(_message(content))).get(1, 0)
    assert isinstance(size, int)
    return size


def _message(content: int | bytes) -> bytes:
    assert isinstance(content, bytes)
    return content


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The numbers and contents of a Protocol Buffers message."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
        elif kind == _BYTES:
            length, at = _varint(message, at)
            yield tag >> 3, message[at : at + length]
            at += length
        elif kind == _FIXED32:
            at += 4
        else:
            raise NotRunnable(f"the checkpoint's index has a field of wire type {kind}; expected 0, 2 or 5")


def _varints(content: bytes) -> Iterator[int]:
    at = 0
    while at < len(content):
        value, at = _varint(content, at)
        yield value


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """An integer in groups of 7 bits, lowest first, and the offset behind it."""
    value = shift = 0
    while True:
        group = content[at]
        at += 1
        value |= (group & 127) << shift
        shift += 7
        if group < 128:
            return value, at

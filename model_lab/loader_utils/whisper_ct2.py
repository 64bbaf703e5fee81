"""Reads Whisper weights from a CTranslate2 file, for the two libraries that run Whisper in PyTorch.

The file (``model.bin``, binary version 6, written by CTranslate2's `ModelSpec.save`) is a list of named arrays, little endian.
CTranslate2 merges the projections of an attention into one matrix and gives the key a zero bias, which Whisper does not have.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from model_lab.errors import NotRunnable

Arrays = dict[str, npt.NDArray[Any]]

_VERSION = 6
_SPECIFICATION = "WhisperSpec"
_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)

_OUTSIDE = {
    "encoder/conv1": "encoder.conv1",
    "encoder/conv2": "encoder.conv2",
    "encoder/position_encodings/encodings": "encoder.positional_embedding",
    "encoder/layer_norm": "encoder.ln_post",
    "decoder/embeddings": "decoder.token_embedding",
    "decoder/position_encodings/encodings": "decoder.positional_embedding",
    "decoder/layer_norm": "decoder.ln",
}
_IN_LAYER = {
    "self_attention/layer_norm": ("attn_ln",),
    "self_attention/linear_0": ("attn.query", "attn.key", "attn.value"),
    "self_attention/linear_1": ("attn.out",),
    "attention/layer_norm": ("cross_attn_ln",),
    "attention/linear_0": ("cross_attn.query",),
    "attention/linear_1": ("cross_attn.key", "cross_attn.value"),
    "attention/linear_2": ("cross_attn.out",),
    "ffn/layer_norm": ("mlp_ln",),
    "ffn/linear_0": ("mlp.0",),
    "ffn/linear_1": ("mlp.2",),
}
"""CTranslate2's names -> openai-whisper's; several where CTranslate2 stacks them."""

_KINDS = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}
_LAYER = re.compile(r"(?P<side>encoder|decoder)/layer_(?P<number>\d+)/(?P<part>.+)/(?P<kind>\w+)")

_IN_TRANSFORMERS = (
    ("blocks.", "layers."),
    ("cross_attn_ln", "encoder_attn_layer_norm"),
    ("attn_ln", "self_attn_layer_norm"),
    ("cross_attn.", "encoder_attn."),
    (".attn.", ".self_attn."),
    (".query", ".q_proj"),
    (".key", ".k_proj"),
    (".value", ".v_proj"),
    (".out.", ".out_proj."),
    ("mlp_ln", "final_layer_norm"),
    ("mlp.0", "fc1"),
    ("mlp.2", "fc2"),
    ("ln_post", "layer_norm"),
    ("decoder.ln.", "decoder.layer_norm."),
    ("token_embedding", "embed_tokens"),
    ("positional_embedding", "embed_positions.weight"),
)
"""openai-whisper's names -> those of transformers, replaced in this order."""


@dataclass(frozen=True)
class Checkpoint:
    """A Whisper model: its weights (float32) by openai-whisper's names, and the number of heads of every attention."""

    weights: Arrays
    heads: int

    @property
    def dimensions(self) -> dict[str, int]:
        """The fields of openai-whisper's ``ModelDimensions``."""
        weights = self.weights
        audio, text = weights["encoder.positional_embedding"], weights["decoder.positional_embedding"]
        return {
            "n_mels": weights["encoder.conv1.weight"].shape[1],
            "n_audio_ctx": audio.shape[0],
            "n_audio_state": audio.shape[1],
            "n_audio_head": self.heads,
            "n_audio_layer": self._layers("encoder"),
            "n_vocab": weights["decoder.token_embedding.weight"].shape[0],
            "n_text_ctx": text.shape[0],
            "n_text_state": text.shape[1],
            "n_text_head": self.heads,
            "n_text_layer": self._layers("decoder"),
        }

    def in_transformers(self) -> Arrays:
        """The weights by the names of transformers' ``WhisperForConditionalGeneration``; the output layer is the embedding."""
        renamed = {f"model.{_name_in_transformers(name)}": array for name, array in self.weights.items()}
        return renamed | {"proj_out.weight": self.weights["decoder.token_embedding.weight"]}

    def _layers(self, side: str) -> int:
        return len({name.split(".")[2] for name in self.weights if name.startswith(f"{side}.blocks.")})


def read(path: Path) -> Checkpoint:
    """The Whisper model in a CTranslate2 ``model.bin`` of float32 or float16.

    Raises `NotRunnable` if it is another kind of file or model, is truncated, or its weights are quantised.
    """
    try:
        with path.open("rb") as file:
            arrays = _arrays(file, path)
    except struct.error:
        raise NotRunnable(f"{path} is truncated; remove it and fetch the model again") from None
    heads = {int(array) for name, array in arrays.items() if name.endswith("/num_heads")}
    weights: Arrays = {}
    for name, array in arrays.items():
        if array.ndim:  # scalars are settings
            weights |= _renamed(name, array, path)
    return Checkpoint(weights, heads.pop())


def _arrays(file: BinaryIO, path: Path) -> Arrays:
    """All arrays of the file by CTranslate2's names; aliases are skipped."""
    if (version := _number(file, "I")) != _VERSION:
        raise NotRunnable(
            f"{path} is not a CTranslate2 model of version {_VERSION} (found version {version}); fetch the model again"
        )
    if (kind := _text(file)) != _SPECIFICATION:
        raise NotRunnable(f"{path} contains a {kind}; expected a {_SPECIFICATION}")
    _number(file, "I")  # revision of the specification
    return dict(_array(file) for _ in range(_number(file, "I")))


def _array(file: BinaryIO) -> tuple[str, npt.NDArray[Any]]:
    name = _text(file)
    shape = [_number(file, "I") for _ in range(_number(file, "B"))]
    kind = np.dtype(_TYPES[_number(file, "B")]).newbyteorder("<")
    return name, np.frombuffer(_bytes(file, _number(file, "I")), kind).reshape(shape)


def _renamed(name: str, array: npt.NDArray[Any], path: Path) -> Arrays:
    """One array of the file by openai-whisper's names, split where it stacks several."""
    if array.dtype.kind != "f":
        raise NotRunnable(f"{path}: {name} is quantised ({array.dtype}); expected a model of float32 or float16")
    array = array.astype(np.float32)
    match = _LAYER.fullmatch(name)
    if match and match["part"] in _IN_LAYER and match["kind"] in _KINDS:
        parts = _IN_LAYER[match["part"]]
        names = [f"{match['side']}.blocks.{match['number']}.{part}.{_KINDS[match['kind']]}" for part in parts]
        split = dict(zip(names, np.split(array, len(parts)), strict=True))
        return {name: part for name, part in split.items() if not name.endswith(".key.bias")}
    if name in _OUTSIDE:
        return {_OUTSIDE[name]: array}
    part, _, kind = name.rpartition("/")
    if part in _OUTSIDE and kind in _KINDS:
        return {f"{_OUTSIDE[part]}.{_KINDS[kind]}": array}
    raise NotRunnable(f"{path} contains {name}, which Whisper does not have; expected a model converted from openai's Whisper")


def _name_in_transformers(name: str) -> str:
    return reduce(lambda renamed, pair: renamed.replace(*pair), _IN_TRANSFORMERS, name)


def _text(file: BinaryIO) -> str:
    """A length-prefixed string, terminated by a zero byte."""
    return _bytes(file, _number(file, "H"))[:-1].decode()


def _number(file: BinaryIO, kind: str) -> int:
    (number,) = struct.unpack(f"<{kind}", file.read(struct.calcsize(kind)))
    return int(number)


def _bytes(file: BinaryIO, size: int) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise struct.error("too short")
    return content

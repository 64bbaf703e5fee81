"""Whisper's weights out of CTranslate2's file: the reader on a small file, and what the three loaders hear with the real one."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from model_lab.errors import ModelLabError, NotRunnable
from model_lab.loader_utils import whisper_ct2
from model_lab.metrics._base import pool
from model_lab.metrics.text import WER
from model_lab.models.openai_whisper.loader import _words
from model_lab.types import Audio, Transcript, Word
from tests.conftest import SHARED
from tests.models.workers import loaded

FAMILY = ("faster_whisper", "whisper", "openai_whisper")
SIZE, HEADS, MELS, VOCABULARY = 4, 2, 3, 11


def small_whisper() -> dict[str, np.ndarray]:
    """One encoder and two decoder layers by CTranslate2's names; every number is different."""
    shapes: dict[str, tuple[int, ...]] = {}

    def linear(name: str, rows: int, columns: int) -> None:
        shapes.update({f"{name}/weight": (rows, columns), f"{name}/bias": (rows,)})

    def norm(name: str) -> None:
        shapes.update({f"{name}/gamma": (SIZE,), f"{name}/beta": (SIZE,)})

    for side, layers, context in (("encoder", 1, 7), ("decoder", 2, 5)):
        shapes[f"{side}/position_encodings/encodings"] = (context, SIZE)
        norm(f"{side}/layer_norm")
        for number in range(layers):
            layer = f"{side}/layer_{number}"
            for part in ("self_attention", "attention", "ffn")[:: 1 if side == "decoder" else 2]:
                norm(f"{layer}/{part}/layer_norm")
            linear(f"{layer}/self_attention/linear_0", 3 * SIZE, SIZE)
            linear(f"{layer}/self_attention/linear_1", SIZE, SIZE)
            linear(f"{layer}/ffn/linear_0", 4 * SIZE, SIZE)
            linear(f"{layer}/ffn/linear_1", SIZE, 4 * SIZE)
            if side == "decoder":
                linear(f"{layer}/attention/linear_0", SIZE, SIZE)
                linear(f"{layer}/attention/linear_1", 2 * SIZE, SIZE)
                linear(f"{layer}/attention/linear_2", SIZE, SIZE)
    shapes |= {
        "encoder/conv1/weight": (SIZE, MELS, 3),
        "encoder/conv1/bias": (SIZE,),
        "decoder/embeddings/weight": (VOCABULARY, SIZE),
    }
    shapes |= {"encoder/conv2/weight": (SIZE, SIZE, 3), "encoder/conv2/bias": (SIZE,)}
    arrays = {name: np.zeros(shape, np.float16) for name, shape in shapes.items()}
    for number, array in enumerate(arrays.values()):
        array[...] = (1000 * number + np.arange(array.size)).reshape(array.shape) / 1024
    return arrays | {"encoder/num_heads": np.array(HEADS, np.int16), "decoder/num_heads": np.array(HEADS, np.int16)}


def write(path: Path, arrays: dict[str, np.ndarray], version: int = 6, kind: str = "WhisperSpec") -> Path:
    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    types = ["float32", "int8", "int16", "int32", "float16"]
    parts = [struct.pack("<I", version), text(kind), struct.pack("<II", 3, len(arrays))]
    for name, array in arrays.items():
        shape = struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
        parts += [text(name), shape, struct.pack("<BI", types.index(array.dtype.name), array.nbytes), array.tobytes()]
    parts += [struct.pack("<I", 1), text("decoder/projection/weight"), text("decoder/embeddings/weight")]
    path.write_bytes(b"".join(parts))
    return path


def test_a_file_is_read_and_joined_matrices_are_taken_apart(tmp_path: Path) -> None:
    arrays = small_whisper()
    found = whisper_ct2.read(write(tmp_path / "model.bin", arrays))
    assert found.dimensions == {
        "n_mels": MELS,
        "n_audio_ctx": 7,
        "n_audio_state": SIZE,
        "n_audio_head": HEADS,
        "n_audio_layer": 1,
        "n_vocab": VOCABULARY,
        "n_text_ctx": 5,
        "n_text_state": SIZE,
        "n_text_head": HEADS,
        "n_text_layer": 2,
    }
    joined = arrays["decoder/layer_1/self_attention/linear_0/weight"]
    parts = [found.weights[f"decoder.blocks.1.attn.{part}.weight"] for part in ("query", "key", "value")]
    assert np.array_equal(np.concatenate(parts), joined) and {part.dtype for part in parts} == {np.dtype(np.float32)}
    cross = arrays["decoder/layer_0/attention/linear_1/bias"]
    assert np.array_equal(found.weights["decoder.blocks.0.cross_attn.value.bias"], cross[SIZE:])
    assert not [name for name in found.weights if name.endswith(".key.bias")]
    assert np.array_equal(found.weights["decoder.blocks.0.mlp_ln.weight"], arrays["decoder/layer_0/ffn/layer_norm/gamma"])
    key_biases = SIZE * (1 + 2 + 2)
    assert sum(map(np.size, found.weights.values())) == sum(array.size for array in arrays.values() if array.ndim) - key_biases


def test_transformers_has_names_of_its_own(tmp_path: Path) -> None:
    found = whisper_ct2.read(write(tmp_path / "model.bin", small_whisper()))
    renamed = found.in_transformers()
    assert len(renamed) == len(found.weights) + 1
    assert {name for name in renamed if name.startswith("model.decoder.layers.1.")} == {
        f"model.decoder.layers.1.{part}"
        for part in (
            *(f"{side}_attn.{letter}_proj.weight" for side in ("self", "encoder") for letter in "qkv"),
            *(f"{side}_attn.{letter}_proj.bias" for side in ("self", "encoder") for letter in "qv"),
            *(f"{side}_attn.out_proj.{kind}" for side in ("self", "encoder") for kind in ("weight", "bias")),
            *(f"{side}_attn_layer_norm.{kind}" for side in ("self", "encoder") for kind in ("weight", "bias")),
            *(f"{part}.{kind}" for part in ("fc1", "fc2", "final_layer_norm") for kind in ("weight", "bias")),
        )
    }
    outside = {
        "conv1.weight",
        "conv1.bias",
        "conv2.weight",
        "conv2.bias",
        "embed_positions.weight",
        "layer_norm.weight",
        "layer_norm.bias",
    }
    assert {name for name in renamed if name.startswith("model.encoder.") and ".layers." not in name} == {
        f"model.encoder.{name}" for name in outside
    }
    assert renamed["proj_out.weight"] is renamed["model.decoder.embed_tokens.weight"]


def test_other_files_are_refused(tmp_path: Path) -> None:
    arrays, path = small_whisper(), tmp_path / "model.bin"
    with pytest.raises(NotRunnable, match="found version 5"):
        whisper_ct2.read(write(path, arrays, version=5))
    with pytest.raises(NotRunnable, match="contains a TransformerSpec"):
        whisper_ct2.read(write(path, arrays, kind="TransformerSpec"))
    with pytest.raises(NotRunnable, match=r"quantised .int8."):
        whisper_ct2.read(write(path, arrays | {"encoder/conv1/weight": np.zeros((2, 2), np.int8)}))
    with pytest.raises(NotRunnable, match="encoder/layer_0/moe/weight, which Whisper does not have"):
        whisper_ct2.read(write(path, arrays | {"encoder/layer_0/moe/weight": np.zeros((2, 2), np.float32)}))
    whole = write(path, arrays).read_bytes()
    for size in (2, 11, 400, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(NotRunnable, match="truncated"):
            whisper_ct2.read(path)


class Piece:
    """A part of a text as Whisper times it."""

    def __init__(self, word: str, tokens: int, start: float, end: float) -> None:
        self.word, self.tokens, self.start, self.end = word, [0] * tokens, start, end


def test_pieces_of_words_are_put_together_and_marks_do_not_lengthen_them() -> None:
    pieces = [Piece(' "', 1, 0.0, 0.1), Piece("Don", 1, 0.1, 0.3), Piece("'t", 1, 0.3, 0.5), Piece(",", 1, 0.5, 0.9)]
    pieces += [Piece(" stop", 2, 0.9, 1.5), Piece(" -", 1, 1.5, 1.6)]
    assert _words(["\"Don't,", "stop", "-"], [4, 2, 1], pieces) == [
        Word("\"Don't,", 0.1, 0.5),
        Word("stop", 0.9, 1.5),
        Word("-", 1.5, 1.6),
    ]


def clips(count: int, longest: float = 6.0) -> list[tuple[Path, str]]:
    """Short English recordings of the development pack and their texts, of different speakers where there are some."""
    if not SHARED.exists():
        pytest.skip("the development pack is not here")
    rows = [json.loads(line) for line in (SHARED / "asr/manifest.jsonl").read_text("utf-8").splitlines()]
    english = [row for row in rows if row["language"] == "en" and row["duration_s"] <= longest]
    spread = {row["speaker"]: row for row in english}.values()
    return [((SHARED / "asr" / row["audio"]).resolve(), row["text"]) for row in spread][:count]


@pytest.mark.slow
def test_the_same_weights_hear_the_same_words() -> None:
    chosen = clips(6)
    heard: dict[str, list[Transcript]] = {}
    for name in FAMILY:
        model = loaded(name)
        heard[name] = [model.asr(path) for path, _ in chosen]
    for name in FAMILY[1:]:
        parts = [WER.components(theirs, ours) for theirs, ours in zip(heard["faster_whisper"], heard[name], strict=True)]
        assert WER.value(pool(parts)) < 0.1, name


def test_word_times_rise_and_a_text_that_is_too_long_is_refused() -> None:
    ((path, text),) = clips(1)
    model = loaded("openai_whisper")
    words = model.alignment(path, text)
    assert [word.text for word in words] == text.split()
    assert model.alignment(path, "") == []
    with pytest.raises(ModelLabError, match="at most 30 s"):
        model.alignment(Audio(np.zeros(31 * 16000, np.float32), 16000), text)
    with pytest.raises(ModelLabError, match="expected fewer"):
        model.alignment(path, "word " * 500)

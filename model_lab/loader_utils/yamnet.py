"""YAMNet: the 521 classes of AudioSet, and an embedding, from 0.96 s patches of log-mel spectrogram; an 8-bit ONNX export.

The front end is that of the original (Plakal and Ellis, tensorflow/models/research/audioset/yamnet): 16 kHz, 25 ms Hann
windows every 10 ms, 64 mel bands of 125-7500 Hz, log(x + 0.001), patches of 96 frames every 48. Scores are means
over the patches, and so is the embedding: 1024 dimensions, the average output of the last convolution over a patch. The
outputs of the export are quantised in steps of 0.757 logits, so the score of a single patch is coarse.
"""

from __future__ import annotations

import csv
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.contract import ModelCard, threads
from model_lab.types import Audio, FloatArray, Label

MODEL_FILE, CLASS_FILE = "YamNet_w8a8.onnx.zip", "yamnet_class_map.csv"
_RATE = 16000
_WINDOW, _STEP, _FFT = 400, 160, 512
_PATCH_FRAMES, _PATCH_STEP = 96, 48
_PATCH = _WINDOW + (_PATCH_FRAMES - 1) * _STEP
_INPUT_SCALE, _INPUT_ZERO = 0.047937885, 144
_LOGIT_SCALE, _LOGIT_ZERO = 0.7565417, 190
_LOGITS, _POOLED = "class_scores", "/model/GlobalAveragePool_output_0"

Array = npt.NDArray[Any]


class Yamnet:
    """The network of the card's weight files `MODEL_FILE` and `CLASS_FILE`."""

    def __init__(self, card: ModelCard, device: str) -> None:
        self._session = _session(card.file(MODEL_FILE), device)
        with card.file(CLASS_FILE).open(encoding="utf-8", newline="") as table:
            self._names = [row["display_name"] for row in csv.DictReader(table)]
        self._window, self._mel = np.hanning(_WINDOW + 1)[:-1], _mel_matrix()

    def classify(self, audio: Audio) -> list[Label]:
        """All classes in descending order of score, 0 to 1."""
        scores = [_probability(logits[0]) for logits in self._outputs(audio, _LOGITS)]
        mean = np.mean(scores, axis=0)
        return [Label(self._names[index], float(mean[index])) for index in np.argsort(-mean, kind="stable")]

    def embed(self, audio: Audio) -> FloatArray:
        """The mean embedding of the patches, shape ``(1024,)``, non-negative."""
        return np.asarray(np.mean([pooled.ravel() for pooled in self._outputs(audio, _POOLED)], axis=0), np.float32)

    def _outputs(self, audio: Audio, name: str) -> Iterator[Array]:
        for patch in _patches(audio.mono().resample(_RATE).samples):
            (output,) = self._session.run([name], {"audio": _quantised(patch, self._window, self._mel)})
            yield output


def _session(archive: Path, device: str) -> Any:
    """An onnxruntime session of the model in a zip; its weights are a second file, so both are unpacked for loading."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive) as members:
        members.extractall(folder)
        (model,) = Path(folder).rglob("*.onnx")
        model.write_bytes(model.read_bytes() + _float_output(_POOLED))
        return onnxruntime.InferenceSession(str(model), options, providers=[f"{device.upper()}ExecutionProvider"])


def _float_output(name: str) -> bytes:
    """Bytes that, appended to an ONNX file, make an inner float tensor an output of the graph.

    The file is one Protocol Buffers message, and concatenated messages are merged: their lists are joined. The appended message is ``graph.output = [{name, type: tensor of float}]``.
    """
    value_type = _field(1, bytes([1 << 3, 1]))
    return _field(7, _field(12, _field(1, name.encode()) + _field(2, value_type)))


def _field(number: int, content: bytes) -> bytes:
    """A Protocol Buffers field with a string or a message of less than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


def _patches(samples: FloatArray) -> Iterator[FloatArray]:
    """Patches of 0.975 s every 0.48 s; the last one is zero-padded."""
    step = _PATCH_STEP * _STEP
    count = 1 + max(0, -(-(len(samples) - _PATCH) // step))
    padded = np.pad(samples, (0, (count - 1) * step + _PATCH - len(samples)))
    return (padded[index * step : index * step + _PATCH] for index in range(count))


def _quantised(patch: FloatArray, window: Array, mel: Array) -> Array:
    """The network's input for a patch of 0.975 s: its log-mel spectrogram in 8 bits, shape ``(1, 1, 96, 64)``."""
    frames = np.lib.stride_tricks.sliding_window_view(patch, _WINDOW)[::_STEP] * window
    log_mel = np.log(np.abs(np.fft.rfft(frames, _FFT)) @ mel + 0.001)
    return np.clip(np.round(log_mel / _INPUT_SCALE) + _INPUT_ZERO, 0, 255).astype(np.uint8)[None, None]


def _probability(logits: Array) -> Array:
    """Scores (0..1) of 8-bit logits."""
    return np.asarray(1.0 / (1.0 + np.exp(-_LOGIT_SCALE * (logits.astype(np.float64) - _LOGIT_ZERO))))


def _mel_matrix() -> Array:
    """Weights (257 bins, 64 bands): triangles on the HTK mel scale, zero for the bin of 0 Hz."""
    bins = _mel(np.linspace(0, _RATE / 2, _FFT // 2 + 1))[:, None]
    edges = np.linspace(_mel(125.0), _mel(7500.0), 66)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0.0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    weights[0] = 0.0
    return np.asarray(weights)


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log1p(hertz / 700.0)

"""YAMNet: the 521 classes of AudioSet from 0.96 s patches of log-mel spectrogram, an 8-bit ONNX export.

The front end is that of the original (Plakal and Ellis, tensorflow/models/research/audioset/yamnet): 16 kHz, 25 ms Hann
windows every 10 ms, 64 mel bands of 125-7500 Hz, log(x + 0.001), patches of 96 frames every 48. A sound's score is the mean
over its patches. The export's outputs are 0.757 apart in logits, so the score of a single patch is coarse.
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

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.types import Audio, FloatArray, Label

_RATE = 16000
_WINDOW, _STEP, _FFT = 400, 160, 512
_PATCH_FRAMES, _PATCH_STEP = 96, 48
_PATCH = _WINDOW + (_PATCH_FRAMES - 1) * _STEP
_INPUT_SCALE, _INPUT_ZERO = 0.047937885, 144
_LOGIT_SCALE, _LOGIT_ZERO = 0.7565417, 190

Array = npt.NDArray[Any]


def load(card: ModelCard, device: str) -> Bundle:
    session = _session(card.file("YamNet_w8a8.onnx.zip"), device)
    with card.file("yamnet_class_map.csv").open(encoding="utf-8", newline="") as table:
        names = [row["display_name"] for row in csv.DictReader(table)]
    window, mel = np.hanning(_WINDOW + 1)[:-1], _mel_matrix()

    def classify(audio: Audio) -> list[Label]:
        scores = [_scores(session, patch, window, mel) for patch in _patches(audio.mono().resample(_RATE).samples)]
        mean = np.mean(scores, axis=0)
        return [Label(names[index], float(mean[index])) for index in np.argsort(-mean, kind="stable")]

    return Bundle(card, device, {"classify": classify})


def _session(archive: Path, device: str) -> Any:
    """An onnxruntime session of the model in a zip; its weights are a second file, so both are unpacked for the loading."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive) as members:
        members.extractall(folder)
        (model,) = Path(folder).rglob("*.onnx")
        return onnxruntime.InferenceSession(str(model), options, providers=[f"{device.upper()}ExecutionProvider"])


def _patches(samples: FloatArray) -> Iterator[FloatArray]:
    """Stretches of 0.975 s every 0.48 s; zeros fill up the last one."""
    step = _PATCH_STEP * _STEP
    count = 1 + max(0, -(-(len(samples) - _PATCH) // step))
    padded = np.pad(samples, (0, (count - 1) * step + _PATCH - len(samples)))
    return (padded[index * step : index * step + _PATCH] for index in range(count))


def _scores(session: Any, patch: FloatArray, window: Array, mel: Array) -> Array:
    """The 521 scores (0..1) of one patch of 0.975 s."""
    frames = np.lib.stride_tricks.sliding_window_view(patch, _WINDOW)[::_STEP] * window
    log_mel = np.log(np.abs(np.fft.rfft(frames, _FFT)) @ mel + 0.001)
    quantised = np.clip(np.round(log_mel / _INPUT_SCALE) + _INPUT_ZERO, 0, 255).astype(np.uint8)
    (logits,) = session.run(None, {"audio": quantised[None, None]})
    return np.asarray(1.0 / (1.0 + np.exp(-_LOGIT_SCALE * (logits[0].astype(np.float64) - _LOGIT_ZERO))))


def _mel_matrix() -> Array:
    """Weights (257 bins, 64 bands): triangles on the HTK mel scale, nothing for the bin of 0 Hz."""
    bins = _mel(np.linspace(0, _RATE / 2, _FFT // 2 + 1))[:, None]
    edges = np.linspace(_mel(125.0), _mel(7500.0), 66)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0.0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    weights[0] = 0.0
    return np.asarray(weights)


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log1p(hertz / 700.0)

"""musicnn: the 50 tags of MagnaTagATune from 3 s of log-mel spectrogram (Pons and Serra 2019), its TensorFlow weights run by torch.

The features are those of the package: 16 kHz, power of a 512-point spectrum every 16 ms in 96 mel bands, ``log10(10000 x + 1)``.
Patches of 187 frames follow each other; the last one ends with the sound, and a shorter sound is repeated until it fills one (the
training's ``repeat-pad``). A tag's score is its mean over the patches; the embedding is the mean of the 200 numbers before the
output layer.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.loader_utils import tf_checkpoint
from model_lab.loader_utils.embedding import unit_vector
from model_lab.types import Audio, FloatArray, Label

if TYPE_CHECKING:
    from torch import Tensor

_RATE, _HOP, _FFT, _BANDS = 16000, 256, 512, 96
_PATCH = 187
_EPSILON = 1e-3
"""Of TensorFlow's batch normalisation, where a layer states none."""


def load(card: ModelCard, device: str) -> Bundle:
    import torch

    torch.set_num_threads(threads())
    network = Network(tf_checkpoint.read(card.file("MTT_musicnn.index"), card.file("MTT_musicnn.data")))
    names = _tags(card.file("configuration.py"))

    def classify(audio: Audio) -> list[Label]:
        scores = network.scores(network.features(log_mel_patches(audio)))
        return [Label(names[index], float(scores[index])) for index in np.argsort(-scores, kind="stable")]

    def embed(audio: Audio) -> FloatArray:
        return unit_vector(network.features(log_mel_patches(audio)).mean(dim=0).numpy(), card.name, audio)

    return Bundle(card, device, {"classify": classify, "embed": embed})


def _tags(configuration: Path) -> list[str]:
    """The names of the outputs, from the package's ``MTT_LABELS = [...]``."""
    for statement in ast.parse(configuration.read_text("utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "MTT_LABELS":
            return [str(name) for name in ast.literal_eval(statement.value)]
    raise ValueError(f"{configuration} assigns no MTT_LABELS")


def log_mel_patches(audio: Audio) -> FloatArray:
    """Patches of features, shape ``(patches, 187, 96)``."""
    import librosa

    samples = audio.mono().resample(_RATE).samples
    shortest = (_PATCH - 1) * _HOP
    if len(samples) < shortest:
        samples = np.resize(samples, shortest)
    power = librosa.feature.melspectrogram(y=samples, sr=_RATE, n_fft=_FFT, hop_length=_HOP, n_mels=_BANDS)
    features = np.log10(10000.0 * power.T + 1.0)
    starts = [*range(0, len(features) - _PATCH, _PATCH), len(features) - _PATCH]
    return np.stack([features[start : start + _PATCH] for start in starts]).astype(np.float32)


class Network:
    """The network in inference, from the tensors of its checkpoint."""

    def __init__(self, tensors: dict[str, FloatArray]) -> None:
        import torch

        self._tensors = {name: torch.from_numpy(tensor.copy()) for name, tensor in tensors.items() if "Adam" not in name}

    def features(self, patches: FloatArray) -> Tensor:
        """200 numbers for each patch."""
        import torch

        with torch.inference_mode():
            maps = self._time_maps(torch.from_numpy(patches)[:, None])
            pooled = torch.stack([maps.amax(dim=2), maps.mean(dim=2)], dim=2).flatten(1)  # maximum, mean, maximum, mean ...
            return self._normalised(self._dense(self._normalised(pooled, 9), 0).relu(), 10)

    def scores(self, features: Tensor) -> FloatArray:
        """The mean over the patches of each of the 50 tags, 0..1."""
        import torch

        with torch.inference_mode():
            return np.asarray(self._dense(features, 1).sigmoid().mean(dim=0).numpy(), np.float32)

    def _time_maps(self, patches: Tensor) -> Tensor:
        """All maps over time that are pooled, ``(patches, 753, 187)``: those of the front end, and of three residual layers."""
        import torch

        bands = self._normalised(patches, 0)
        timbre = [self._convolved(bands, layer, (3, 3)).amax(dim=3) for layer in (0, 1)]
        rhythm = [self._convolved(bands, layer, before_and_after).amax(dim=3) for layer, before_and_after in _RHYTHM]
        front = torch.cat(timbre + rhythm, dim=1)
        layers = [self._across(front, 5)]
        for layer in (6, 7):
            layers.append(self._across(layers[-1], layer) + layers[-1])
        return torch.cat([front, *layers], dim=1)

    def _across(self, maps: Tensor, layer: int) -> Tensor:
        """A convolution over 7 frames and all maps, ``(patches, maps, time)`` to ``(patches, 64, time)``."""
        return self._convolved(maps.transpose(1, 2)[:, None], layer, (3, 3))[..., 0]

    def _convolved(self, image: Tensor, layer: int, frames: tuple[int, int]) -> Tensor:
        """Convolution (zeros before and after in time), rectifier, normalisation."""
        from torch.nn import functional

        kernel, bias = (self._tensors[f"{_numbered('conv2d', layer)}/{part}"] for part in ("kernel", "bias"))
        padded = functional.pad(image, (0, 0, *frames))
        return self._normalised(functional.conv2d(padded, kernel.permute(3, 2, 0, 1), bias).relu(), layer + 1)

    def _normalised(self, maps: Tensor, layer: int) -> Tensor:
        shape = [1, -1] + [1] * (maps.ndim - 2)
        parts = ("moving_mean", "moving_variance", "gamma", "beta")
        mean, variance, scale, offset = (
            self._tensors[f"{_numbered('batch_normalization', layer)}/{part}"].view(shape) for part in parts
        )
        return (maps - mean) / (variance + _EPSILON).sqrt() * scale + offset

    def _dense(self, values: Tensor, layer: int) -> Tensor:
        kernel, bias = (self._tensors[f"{_numbered('dense', layer)}/{part}"] for part in ("kernel", "bias"))
        return values @ kernel + bias


_RHYTHM = ((2, (63, 64)), (3, (31, 32)), (4, (15, 16)))
"""Layers over 128, 64 and 32 frames of one band, with the zeros that keep their length."""


def _numbered(kind: str, layer: int) -> str:
    """TensorFlow's name of a layer: the first of its kind has no number."""
    return f"{kind}_{layer}" if layer else kind

"""CREPE in PyTorch: 360 pitch classes of 20 cents for every 64 ms window at 16 kHz, one every 10 ms.

The path through the classes is that of the package (Viterbi, up to 220 cents from frame to frame), over the whole sound. The
frequency is the mean of the nine classes around it, weighted by their scores, as in the original CREPE: the package adds random
dither instead, so that its answers differ from call to call. Voiced is the score of the class on the path.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import BadConfig, nearest
from model_lab.loader_utils.torchaudio_stub import torchaudio_stub
from model_lab.types import Audio, PitchTrack

_RATE = 16000
_HOP = 160
_BATCH = 512
_LOWEST_CENTS, _CENTS = 1997.3794084376191, 20.0
"""The lowest class, in cents above 10 Hz, and how far apart the classes are."""

_REACH = 11
"""Classes that the path may rise or fall from frame to frame."""

_NEIGHBOURS = 4


def load(card: ModelCard, device: str) -> Bundle:
    with torchaudio_stub():
        import torchcrepe
    import torch

    capacity = card.options["capacity"]
    if capacity not in ("tiny", "full"):
        raise BadConfig(
            f"{card.name}: option capacity is {capacity!r}{nearest(str(capacity), ('tiny', 'full'))}; expected tiny or full"
        )
    allowed = slice(*(_class(float(card.options[name])) + extra for name, extra in (("fmin", 0), ("fmax", 1))))
    torch.set_num_threads(threads())
    torchcrepe.load.model(device, capacity)

    def track(audio: Audio) -> PitchTrack:
        samples = torch.from_numpy(audio.mono().resample(_RATE).samples)[None]
        with torch.inference_mode():
            batches = torchcrepe.preprocess(samples, _RATE, _HOP, _BATCH, device)
            scores = np.concatenate([torchcrepe.infer(frames, capacity).numpy() for frames in batches]).astype(np.float64)
        scores[:, : allowed.start] = scores[:, allowed.stop :] = 0.0
        path = allowed.start + _path(scores[:, allowed])
        times, voiced = np.arange(len(path)) * (_HOP / _RATE), scores[np.arange(len(path)), path]
        return PitchTrack(*(np.asarray(values, np.float32) for values in (times, _frequency(scores, path), voiced)))

    return Bundle(card, device, {"pitch": track})


def _class(hertz: float) -> int:
    """The class next to a frequency."""
    return int(np.clip(round((1200 * np.log2(hertz / 10) - _LOWEST_CENTS) / _CENTS), 0, 359))


def _path(scores: Any) -> Any:
    """The class of each frame, shape (frames,), on the best path through ``scores`` (frames, classes).

    A class is as likely as exp(score), a step of n classes as 12 - n; one of more than 11 is impossible. (The package makes
    steps near the highest and the lowest class likelier, so that paths end up there unless they are forbidden.)
    """
    frames, classes = scores.shape
    steps = np.arange(-_REACH, _REACH + 1)
    step = np.log(_REACH + 1.0 - np.abs(steps))[:, None]
    best, origin = scores[0], np.zeros((frames, classes), np.int64)
    for frame in range(1, frames):
        padded = np.pad(best, _REACH, constant_values=-np.inf)
        arriving = np.lib.stride_tricks.sliding_window_view(padded, classes) + step
        chosen = arriving.argmax(axis=0)
        origin[frame] = np.arange(classes) + steps[chosen]
        best = arriving[chosen, np.arange(classes)] + scores[frame]
    path = np.zeros(frames, np.int64)
    path[-1] = best.argmax()
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = origin[frame, path[frame]]
    return path


def _frequency(scores: Any, path: Any) -> Any:
    """Hz, shape (frames,): the mean of the classes around ``path``, weighted by their ``scores`` (frames, classes)."""
    around = path[:, None] + np.arange(-_NEIGHBOURS, _NEIGHBOURS + 1)
    inside = np.clip(around, 0, scores.shape[1] - 1)
    weights = np.where(around == inside, np.take_along_axis(scores, inside, axis=1), 0.0)
    total = weights.sum(axis=1)
    centre = np.where(total > 0, (weights * around).sum(axis=1) / np.where(total > 0, total, 1.0), path)
    return 10.0 * 2.0 ** ((_LOWEST_CENTS + _CENTS * centre) / 1200.0)

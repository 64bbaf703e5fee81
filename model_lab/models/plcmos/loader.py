"""PLCMOS v2 as speechmos runs it, except that its simulated raters are the same for every sound.

One input of the network is the rater: a point drawn from a normal distribution. speechmos draws 15 raters anew for every sound, so
that its answers differ from call to call; here they are drawn once.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError
from model_lab.loader_utils import onnx
from model_lab.types import Audio

_RATE = 16000
_SHORTEST = 1281
"""Samples that give the network the seven blocks which its last layer needs."""

_RATERS = (15, 1, 64)
"""How many there are, and the shape of one."""


def load(card: ModelCard, device: str) -> Bundle:
    from speechmos import plcmos

    judge = plcmos.PLCMOS()
    judge.session = onnx.session(Path(judge.model_path))  # its own takes every core
    raters = np.random.default_rng(0).standard_normal(_RATERS).astype(np.float32)

    def rate(audio: Audio, clean: Audio | None = None) -> dict[str, float]:
        samples = np.clip(audio.mono().resample(_RATE).samples, -1, 1)
        if len(samples) < _SHORTEST:
            raise ModelLabError(
                f"{card.name}: the sound lasts {audio.duration:.3f} s; it rates at least {_SHORTEST / _RATE:.3f} s: give it more"
            )
        features = judge.stft_transform(samples).astype(np.float32)[None, None]
        scores = [judge.session.run(None, {"degraded_audio": features, "rater_embed": rater})[0].item() for rater in raters]
        return {"plcmos": float(np.mean(scores))}

    return Bundle(card, device, {"quality": rate})

"""Spoken language from Whisper's encoder: a linear classifier over what tiny.en makes of the sound.

The encoder was trained on English alone; the classifier (``head.npz``, written by ``train.py``) on a few volunteers of 17
languages. Sound is heard in windows of 30 s, whose scores are averaged.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import ModelLabError
from model_lab.types import Audio, FloatArray, Label

_RATE = 16000
_WINDOW = 30 * _RATE
_FRAME = 320
"""Samples per frame of the encoder."""

_QUIETEST = 1e-4
_SHORTEST = _RATE // 2


def load(card: ModelCard, device: str) -> Bundle:
    encode = encoder({card.file(name).parent for name in card.weights.files}.pop(), device)
    with np.load(card.folder / "head.npz") as stored:
        weights, bias, languages = stored["weights"], stored["bias"], [str(name) for name in stored["languages"]]

    def identify(audio: Audio) -> list[Label]:
        samples = audio.mono().resample(_RATE).samples
        if len(samples) < _SHORTEST or np.abs(samples).max() < _QUIETEST:
            raise ModelLabError(
                f"{card.name}: {audio.duration:.2f} s of sound are too short or silent; expected speech of 0.5 s or more"
            )
        windows = [samples[start : start + _WINDOW] for start in range(0, len(samples), _WINDOW)]
        features = [encode(window) for window in windows if len(window) >= _SHORTEST]
        logits = np.mean([weights @ one + bias for one in features], axis=0)
        scores = np.exp(logits - logits.max())
        scores /= scores.sum()
        return [Label(languages[index], float(scores[index])) for index in np.argsort(-scores, kind="stable")]

    return Bundle(card, device, {"langid": identify})


def encoder(weights: Path, device: str) -> Callable[[FloatArray], FloatArray]:
    """Turns up to 30 s of mono sound at 16 kHz into mean and deviation of the encoder's frames, shape (768,).

    ``weights`` is the folder of Whisper tiny.en in CTranslate2's form.
    """
    from faster_whisper import WhisperModel
    from faster_whisper.audio import pad_or_trim

    model: Any = WhisperModel(str(weights), device=device, compute_type="int8", cpu_threads=threads(), local_files_only=True)

    def encode(samples: FloatArray) -> FloatArray:
        level = float(np.abs(samples).max())
        features = pad_or_trim(model.feature_extractor(samples * np.float32(0.5 / max(level, _QUIETEST))))
        frames = np.asarray(model.encode(features), np.float32)[0][: max(1, len(samples) // _FRAME)]
        return np.concatenate([frames.mean(axis=0), frames.std(axis=0)])

    return encode

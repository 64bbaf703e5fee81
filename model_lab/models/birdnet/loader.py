"""BirdNET 2.4: 6,522 classes from windows of 3 s at 48 kHz, most of them species of birds, named ``SCIENTIFIC_COMMON``.

Windows follow each other without overlap, and zeros fill up the last one, as in BirdNET-Analyzer's defaults. A class's score is
the highest over the windows: a call need not fill the recording. Where and when it was made is not asked, so that no species is
ruled out.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.types import Audio, FloatArray, Label

_RATE = 48000
_WINDOW = 3 * _RATE
_LIMIT = 15.0
"""Logits are clipped here before the sigmoid, as BirdNET-Analyzer does."""


def load(card: ModelCard, device: str) -> Bundle:
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(str(card.file("BirdNET_GLOBAL_6K_V2.4_Model_FP32.tflite")), num_threads=threads())
    model.allocate_tensors()
    question, answer = model.get_input_details()[0]["index"], model.get_output_details()[0]["index"]
    names = card.file("BirdNET_GLOBAL_6K_V2.4_Labels.txt").read_text("utf-8").splitlines()

    def scores(window: FloatArray) -> FloatArray:
        model.set_tensor(question, window[None])
        model.invoke()
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(model.get_tensor(answer)[0], -_LIMIT, _LIMIT))), np.float32)

    def classify(audio: Audio) -> list[Label]:
        best = np.max([scores(window) for window in windows(audio.mono().resample(_RATE).samples)], axis=0)
        return [Label(names[index], float(best[index])) for index in np.argsort(-best, kind="stable")]

    return Bundle(card, device, {"classify": classify})


def windows(samples: FloatArray) -> FloatArray:
    """Stretches of 3 s, shape ``(windows, 144000)``, zeros at the end of the last; at least one."""
    count = max(1, -(-len(samples) // _WINDOW))
    return np.pad(samples, (0, count * _WINDOW - len(samples))).reshape(count, _WINDOW)

"""openWakeWord through pyopen-wakeword: one small classifier for each word it knows, over Google's speech embedding.

Every 80 ms each classifier gives a probability that its word has just ended. Sound is fed as a stream, after the package's own
eight seconds of silence and before a second of silence more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.spotting import RATE, detections, spotters_for
from model_lab.types import Audio, Detection

_CHUNK = 1280
_WORD_S = 1.0
"""How long a word is taken to last before its classifier is surest."""


def load(card: ModelCard, device: str) -> Bundle:
    from pyopen_wakeword import Model, OpenWakeWord, OpenWakeWordFeatures

    features = OpenWakeWordFeatures.from_builtin()
    classifiers: dict[str, Any] = {model.value: OpenWakeWord.from_builtin(model) for model in Model}
    threshold, floor = card.options["threshold"], card.options["floor"]

    def spot(audio: Audio, keywords: dict[str, list[Audio]]) -> list[Detection]:
        chosen = spotters_for(card.name, keywords, classifiers)
        features.reset()
        scores: dict[str, list[float]] = {keyword: [] for keyword in chosen}
        samples = np.pad(audio.mono().resample(RATE).pcm16(), (0, RATE))
        starts = range(0, len(samples) - _CHUNK + 1, _CHUNK)
        for classifier in chosen.values():
            classifier.reset()
        for start in starts:
            embeddings = list(features.process_streaming(samples[start : start + _CHUNK].tobytes()))
            for keyword, classifier in chosen.items():
                probabilities = [value for vector in embeddings for value in classifier.process_streaming(vector)]
                scores[keyword].append(probabilities[-1] if probabilities else 0.0)
        ends = [(start + _CHUNK) / RATE for start in starts]
        return detections(scores, ends, _WORD_S, floor, dict.fromkeys(scores, threshold), audio.duration)

    def close() -> None:
        features.close()
        for classifier in classifiers.values():
            classifier.close()

    return Bundle(card, device, {"kws": spot}, close)

"""microWakeWord through pymicro-wakeword: 8-bit streaming networks made for microcontrollers, one for each word.

Every 30 ms each network gives a probability that its word has just ended, averaged over a few steps. Each has its own threshold,
which comes with it. Sound is fed as a stream with a second of silence before and after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.spotting import RATE, detections, spotters_for
from model_lab.types import Audio, Detection

_LEAD = RATE
_CHUNK = 160
_WORD_S = 1.0
"""How long a word is taken to last before its network is surest."""


def load(card: ModelCard, device: str) -> Bundle:
    from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

    networks: dict[str, Any] = {model.value: MicroWakeWord.from_builtin(model) for model in Model}
    floor = card.options["floor"]

    def spot(audio: Audio, keywords: dict[str, list[Audio]]) -> list[Detection]:
        chosen = spotters_for(card.name, keywords, networks)
        features, samples = MicroWakeWordFeatures(), np.pad(audio.mono().resample(RATE).pcm16(), (_LEAD, _LEAD))
        for network in chosen.values():
            network.reset()
        scores: dict[str, list[float]] = {keyword: [] for keyword in chosen}
        ends: list[float] = []
        for start in range(0, len(samples) - _CHUNK + 1, _CHUNK):
            for vector in features.process_streaming(samples[start : start + _CHUNK].tobytes()):
                ends.append((start + _CHUNK - _LEAD) / RATE)
                for keyword, network in chosen.items():
                    scores[keyword].append(network.process_streaming_prob(vector))
        thresholds = {keyword: network.probability_cutoff for keyword, network in chosen.items()}
        return detections(scores, ends, _WORD_S, floor, thresholds, audio.duration)

    def close() -> None:
        for network in networks.values():
            network.close()

    return Bundle(card, device, {"kws": spot}, close)

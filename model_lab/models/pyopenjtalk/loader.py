"""Open JTalk with the voice and the dictionary inside pyopenjtalk-plus."""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig, ModelLabError
from model_lab.loader_utils.japanese import require_japanese
from model_lab.types import Audio

_FULL_SCALE = 32768.0


def load(card: ModelCard, device: str) -> Bundle:
    import pyopenjtalk

    speed, half_tones = float(card.options["speed"]), float(card.options["half_tones"])
    if not (0.5 <= speed <= 2 and -12 <= half_tones <= 12):
        raise BadConfig(f"{card.name}: speed is {speed} and half_tones {half_tones}; expected 0.5 to 2 and -12 to 12")

    def synthesize(text: str) -> Audio:
        require_japanese(card.name, text)
        samples, rate = pyopenjtalk.tts(text.replace("\0", " "), speed=speed, half_tone=half_tones)
        if not len(samples):
            raise ModelLabError(f"{card.name}: Open JTalk finds nothing to pronounce in {text[:60]!r}; write it in kana")
        return Audio((samples / _FULL_SCALE).astype(np.float32), int(rate))

    return Bundle(card, device, {"tts": synthesize})

"""DIO, the quick pitch estimator of WORLD, and StoneMask, which refines what it finds."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import world
from model_lab.types import Audio, PitchTrack


def load(card: ModelCard, device: str) -> Bundle:
    package = world.pyworld()
    fmin, fmax = float(card.options["fmin"]), float(card.options["fmax"])

    def track(audio: Audio) -> PitchTrack:
        return world.track(package.dio, audio, fmin, fmax, refine=package.stonemask)

    return Bundle(card, device, {"pitch": track})

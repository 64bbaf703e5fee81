"""Harvest, the pitch estimator of WORLD."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import world
from model_lab.types import Audio, PitchTrack


def load(card: ModelCard, device: str) -> Bundle:
    harvest = world.pyworld().harvest
    fmin, fmax = float(card.options["fmin"]), float(card.options["fmax"])

    def track(audio: Audio) -> PitchTrack:
        return world.track(harvest, audio, fmin, fmax)

    return Bundle(card, device, {"pitch": track})

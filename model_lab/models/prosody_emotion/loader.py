"""Emotion by rules: five features of prosody against what the literature says each emotion does to them.

Features are counted in standard deviations from calm, professional speech (``norms.json``, written by ``norms.py``); the pitch of
a low voice is compared with that of men. Nothing was fitted to emotional speech, and confusions are what one must expect: anger,
happiness and fear share most of their profile, and so do sadness and boredom.
"""

from __future__ import annotations

import json

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import BadConfig, ModelLabError
from model_lab.models.prosody_emotion.prosody import NAMES, prosody
from model_lab.types import Audio, Label

PROFILES = {
    #          pitch, range, loudness range, brightness, speed: +1 raised, -1 lowered
    "neutral": (0, 0, 0, 0, 0),
    "angry": (1, 1, 1, 1, 1),
    "happy": (1, 1, 1, 0.5, 0.5),
    "fear": (1, -1, 0.5, 0.5, 1),
    "sad": (-1, -1, -1, -1, -1),
    "bored": (-1, -1, -0.5, -0.5, -1),
    "disgust": (-0.5, 0, 0.5, 0, -1),
}
"""Juslin and Laukka 2003, table 7 (anger, fear, happiness, sadness); Scherer 1986 (boredom, disgust)."""

LOW_VOICE_HZ, BETWEEN_HZ = 120.0, 157.0
"""The mean pitch of men's speech (Titze 1989), and the pitch above which a voice is compared with the norms, those of high voices."""


def load(card: ModelCard, device: str) -> Bundle:
    softness = float(card.options["softness"])
    if not 0.1 <= softness <= 10:
        raise BadConfig(f"{card.name}: option softness is {softness}; expected 0.1 to 10")
    norms = json.loads((card.folder / "norms.json").read_text("utf-8"))

    def recognize(audio: Audio) -> list[Label]:
        measured = prosody(audio)
        if measured is None:
            raise ModelLabError(f"{card.name}: no voice found in {audio.duration:.2f} s of sound; expected speech")
        return scores(standardised(measured, norms), softness)

    return Bundle(card, device, {"emotion": recognize})


def standardised(measured: dict[str, float], norms: dict[str, list[float]]) -> list[float]:
    """The features in standard deviations from calm speech."""
    means = {name: norms[name][0] for name in NAMES}
    if measured["pitch"] < 12 * np.log2(BETWEEN_HZ):
        means["pitch"] = 12 * np.log2(LOW_VOICE_HZ)
    return [float((measured[name] - means[name]) / norms[name][1]) for name in NAMES]


def scores(deviations: list[float], softness: float) -> list[Label]:
    """Every emotion with a score that falls with the squared distance from its profile; the scores add up to 1."""
    distances = {
        name: sum((have - want) ** 2 for have, want in zip(deviations, profile, strict=True))
        for name, profile in PROFILES.items()
    }
    nearest = min(distances.values())
    weights = {name: float(np.exp((nearest - distance) / (2 * len(NAMES) * softness))) for name, distance in distances.items()}
    total = sum(weights.values())
    return sorted((Label(name, weight / total) for name, weight in weights.items()), key=lambda label: -label.score)

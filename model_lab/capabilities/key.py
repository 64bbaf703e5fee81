"""Key: the tonic and the mode of a piece of music."""

from __future__ import annotations

import numpy as np

from model_lab.capabilities._base import Capability, Column, Example, Resolve, Row, label_problems
from model_lab.errors import BadManifest, nearest
from model_lab.metrics import music
from model_lab.types import Audio, Label

_RATE = 22050


def _reference(row: Row, resolve: Resolve) -> str:
    if not music.key_of(str(row["key"])):
        raise BadManifest(f"key is {row['key']!r}{nearest(str(row['key']), music.KEYS)}; expected a key as in 'Eb minor'")
    return str(row["key"])


def _problems(answer: object, audio: Audio) -> list[str]:
    if found := label_problems(answer):
        return found
    assert isinstance(answer, (list, tuple))
    if unknown := [label.name for label in answer if not music.key_of(label.name)]:
        return [f"{unknown[0]!r} is no key; expected one as in 'Eb minor'"]
    twice = len(answer) - len({music.key_of(label.name) for label in answer})
    return [f"{twice} keys are there twice; expected each once, however it is spelled"] if twice else []


def _example() -> Example:
    """The chords of D major, G major, A major and D major, two seconds each, as organ tones."""
    time = np.arange(2 * _RATE) / _RATE
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.02)
    chords = [
        sum(
            np.sin(2 * np.pi * 440 * 2 ** ((key - 69) / 12) * harmonic * time) / harmonic
            for key in keys
            for harmonic in (1, 2, 3)
        )
        for keys in ((50, 62, 66, 69), (55, 62, 67, 71), (57, 61, 64, 69), (50, 62, 66, 69))
    ]
    sound = np.concatenate([0.05 * fade * chord for chord in chords])

    def surprise(answer: list[Label]) -> str:
        heard = answer[0].name if answer else "no key"
        return "" if music.weighted_key("D major", answer) >= 0.3 else f"hears {heard} in D, G, A and D major chords"

    return Example((Audio(sound.astype(np.float32), _RATE),), "D major", surprise)


def _chance(rng: np.random.Generator, audio: Audio) -> list[Label]:
    """The 24 keys in any order."""
    scores = sorted(rng.random(len(music.KEYS)), reverse=True)
    return [Label(str(name), float(score)) for name, score in zip(rng.permutation(music.KEYS), scores, strict=True)]


CAPABILITY = Capability(
    name="key",
    title="Musical key",
    call="estimate_key(audio: Audio) -> list[Label]",
    answer="list[Label]: keys as in 'Eb minor', most likely first, scores 0 to 1; empty if none is heard",
    inputs=(("audio", "audio"),),
    columns=(
        Column("audio", "path of a sound file, relative to the manifest"),
        Column("key", "tonic and mode, as in 'C# major' or 'Eb minor'"),
    ),
    metrics=(music.KEY_SCORE, music.KEY_ACCURACY),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: [],
    chance=_chance,
    ideal=lambda reference, audio: [Label(reference, 1.0)],
)
